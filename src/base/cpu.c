/* Processor features by cpuid; the number of usable processors by the affinity mask. */
#include "base/cpu.h"

#include <sched.h>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

bool cpu_has_adx = false;
bool cpu_has_avx2 = false;

__attribute__((constructor)) static void cpu_detect(void) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    unsigned a = 0, b = 0, c = 0, d = 0;
    /* leaf 7, sub-leaf 0: EBX bit 8 is BMI2, bit 19 is ADX */
    if (__get_cpuid_count(7, 0, &a, &b, &c, &d)) {
        cpu_has_adx = (b & (1U << 8)) != 0 && (b & (1U << 19)) != 0;
    }
    /* asks cpuid and whether the system saves the registers */
    cpu_has_avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#endif
}

unsigned cpu_count(void) {
    cpu_set_t set;
    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof set, &set) != 0) {
        return 1;
    }
    int n = CPU_COUNT(&set);
    return n > 0 ? (unsigned)n : 1;
}
