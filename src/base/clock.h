/* Time. */
#ifndef ZKLINK_BASE_CLOCK_H
#define ZKLINK_BASE_CLOCK_H

#include <stdint.h>

/* Since 1970, by the system's clock. */
uint64_t clock_now_ms(void);
uint64_t clock_now_s(void);
/* Since some moment in the past; never goes back. */
uint64_t clock_steady_ms(void);
void clock_sleep_ms(unsigned ms);

#endif
