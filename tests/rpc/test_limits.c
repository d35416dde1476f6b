/* What an open listener bears: requests per second and connections of one address, large bodies,
 * silent connections. */
#include "base/clock.h"
#include "rpc/http_server.h"
#include "rpc/rate_limit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

// clang-format off
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

static void test_bucket(void **state) {
    (void)state;
    static struct rate_limit r;
    rate_limit_init(&r, 10);
    uint64_t now = 5000;
    unsigned taken = 0;
    while (rate_limit_take(&r, 1, now)) {
        taken++;
    }
    assert_int_equal(taken, 20); /* two seconds' worth at once */
    assert_false(rate_limit_take(&r, 1, now + 99));
    assert_true(rate_limit_take(&r, 1, now + 100)); /* then ten a second */
    assert_false(rate_limit_take(&r, 1, now + 100));
    assert_true(rate_limit_take(&r, 2, now + 100)); /* another address is not held up */
    now += 3600000;
    taken = 0;
    while (rate_limit_take(&r, 1, now)) {
        taken++;
    }
    assert_int_equal(taken, 20);                    /* silence is not saved up */
    assert_false(rate_limit_take(&r, 1, now - 10)); /* a clock that goes back gives nothing */
    rate_limit_release(&r);
    rate_limit_init(&r, 0);
    for (unsigned i = 0; i < 10000; i++) {
        assert_true(rate_limit_take(&r, 1, now));
    }
    rate_limit_release(&r);
}

static void echo(void *ctx, const struct http_request *request, struct http_response *response) {
    (void)ctx;
    (void)request;
    response->body = strdup("{}");
    response->body_len = 2;
}

static int connect_to(uint16_t port) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct timeval limit = {.tv_sec = 5};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(fd >= 0);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit), 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

/* The status of a request on a new connection; 0 if it was closed without an answer, -1 if it is
 * still open after 5 s. */
static int request(int fd) {
    static const char text[] = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n"
                               "Connection: close\r\n\r\n{}";
    char answer[200] = "";
    if (send(fd, text, sizeof text - 1, MSG_NOSIGNAL) < 0) {
        return 0;
    }
    ssize_t n = recv(fd, answer, sizeof answer - 1, 0);
    if (n < 0) {
        return errno == ECONNRESET ? 0 : -1;
    }
    return n < 12 ? 0 : (int)strtol(answer + 9, NULL, 10);
}

static struct http_server *start(unsigned max_rate, unsigned max_per_client, unsigned timeout_s) {
    struct err err = {0};
    const struct http_server_config c = {.address = "127.0.0.1",
                                         .max_connections = 50,
                                         .timeout_s = timeout_s,
                                         .max_body = 1024,
                                         .max_rate = max_rate,
                                         .max_per_client = max_per_client};
    struct http_server *s = http_server_start(&c, echo, NULL, &err);
    if (s == NULL) {
        fail_msg("%s", err.text);
    }
    return s;
}

static void test_rate(void **state) {
    (void)state;
    struct http_server *s = start(5, 0, 30);
    unsigned good = 0, refused = 0;
    uint64_t begin = clock_steady_ms();
    for (unsigned i = 0; i < 40; i++) {
        int fd = connect_to(http_server_port(s));
        int status = request(fd);
        good += status == 200;
        refused += status == 429;
        close(fd);
    }
    uint64_t seconds = (clock_steady_ms() - begin) / 1000 + 1;
    assert_int_equal(good + refused, 40);
    assert_true(good >= 10 && good <= 10 + 5 * seconds);
    assert_true(refused > 0);
    clock_sleep_ms(400); /* two more */
    int fd = connect_to(http_server_port(s));
    assert_int_equal(request(fd), 200);
    close(fd);
    http_server_stop(s);
}

static void test_connections_of_one_address(void **state) {
    (void)state;
    struct http_server *s = start(0, 3, 30);
    int held[3], more;
    for (unsigned i = 0; i < 3; i++) {
        held[i] = connect_to(http_server_port(s));
    }
    clock_sleep_ms(200);
    more = connect_to(http_server_port(s));
    assert_int_equal(request(more), 0); /* closed at once */
    close(more);
    assert_int_equal(request(held[0]), 200);
    for (unsigned i = 0; i < 3; i++) {
        close(held[i]);
    }
    http_server_stop(s);
}

/* A client that never finishes its request does not keep its connection. */
static void test_silence(void **state) {
    (void)state;
    struct http_server *s = start(0, 0, 1);
    int fd = connect_to(http_server_port(s));
    char byte;
    assert_int_equal(send(fd, "POST / HT", 9, MSG_NOSIGNAL), 9);
    uint64_t begin = clock_steady_ms();
    ssize_t n = recv(fd, &byte, 1, 0); /* may get an error page first */
    while (n > 0) {
        n = recv(fd, &byte, 1, 0);
    }
    assert_int_equal(n, 0);
    assert_true(clock_steady_ms() - begin < 4000);
    close(fd);
    http_server_stop(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bucket),
        cmocka_unit_test(test_rate),
        cmocka_unit_test(test_connections_of_one_address),
        cmocka_unit_test(test_silence),
    };
    return cmocka_run_group_tests_name("limits", tests, NULL, NULL);
}
