/* The zklink binary: every service and client command is a subcommand of it. */
#include <stdio.h>

int main(void) {
    puts("zklink");
    return 0;
}
