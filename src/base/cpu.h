/* Processor features, found once before main() runs. */
#ifndef ZKLINK_BASE_CPU_H
#define ZKLINK_BASE_CPU_H

#include <stdbool.h>

/* True if mulx (BMI2), adcx and adox (ADX) may be used. Set by a constructor, then never written
 * again: reading it is safe from any thread. */
extern bool cpu_has_adx;
/* True if AVX2 and FMA may be used, in the processor and in the system. Likewise. */
extern bool cpu_has_avx2;

/* Number of processors this process may run on, at least 1. */
unsigned cpu_count(void);

#endif
