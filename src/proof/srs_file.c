/* The string's file; srs.h draws its layout. */
#include "proof/srs.h"

#include "base/bytes.h"
#include "base/file.h"
#include "crypto/pairing.h"
#include "proof/raw_point.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    TEXT_LEN = 128,
    AT_MAGIC = 128,
    AT_VERSION = 136,
    AT_LOG_N = 140,
    AT_INSECURE = 144,
    AT_SEED = 152,
    AT_SOURCE = 160,
    AT_ONE = 192,
    AT_TAU = 320,
    AT_CHECKSUM = 448,
    AT_ZERO = 480,
    AT_POINTS = 512,
    CHECKSUM_LEN = 32,
    FILE_VERSION = 1
};

static const char MAGIC[8] = {'z', 'k', 'l', 'n', 'k', 's', 'r', 's'};

static uint32_t get_u32(const uint8_t *p) {
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

static bool checksum(uint8_t out[CHECKSUM_LEN], const uint8_t *file, size_t len) {
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool ok = ctx != NULL && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1 &&
              EVP_DigestUpdate(ctx, file, AT_CHECKSUM) == 1 &&
              EVP_DigestUpdate(ctx, file + AT_ZERO, len - AT_ZERO) == 1 &&
              EVP_DigestFinal_ex(ctx, out, NULL) == 1;
    EVP_MD_CTX_free(ctx);
    return ok;
}

void srs_describe(const struct srs *srs, char text[128]) {
    if (srs->insecure) {
        snprintf(text, TEXT_LEN,
                 "zklink SRS, 2^%u powers, INSECURE: made from the public seed %llu", srs->log_n,
                 (unsigned long long)srs->seed);
    } else {
        char source[17];
        hex_encode(source, srs->source, 8);
        snprintf(text, TEXT_LEN, "zklink SRS, 2^%u powers, from the ceremony file %s..", srs->log_n,
                 source);
    }
}

int srs_write(const struct srs *srs, const char *path, struct err *err) {
    size_t n = (size_t)1 << srs->log_n, len = AT_POINTS + n * RAW_G1_LEN;
    uint8_t *file = calloc(1, len);
    if (file == NULL) {
        return err_set(err, ERR_SYSTEM, "no memory for a file of %zu bytes", len);
    }
    const uint32_t version = FILE_VERSION, log_n = srs->log_n, insecure = srs->insecure;
    char text[TEXT_LEN];
    memset(text, 0, sizeof text);
    srs_describe(srs, text);
    memcpy(file, text, sizeof text);
    memcpy(file + AT_MAGIC, MAGIC, sizeof MAGIC);
    memcpy(file + AT_VERSION, &version, sizeof version);
    memcpy(file + AT_LOG_N, &log_n, sizeof log_n);
    memcpy(file + AT_INSECURE, &insecure, sizeof insecure);
    memcpy(file + AT_SEED, &srs->seed, sizeof srs->seed);
    memcpy(file + AT_SOURCE, srs->source, sizeof srs->source);
    raw_g2_put(file + AT_ONE, &srs->vk.one);
    raw_g2_put(file + AT_TAU, &srs->vk.tau);
    memcpy(file + AT_POINTS, srs->g1, n * RAW_G1_LEN);
    int rc = checksum(file + AT_CHECKSUM, file, len) ? file_write(path, 0644, file, len, err)
                                                     : err_set(err, ERR_SYSTEM, "SHA-256 failed");
    free(file);
    return rc;
}

/* The header of a mapped file of len bytes. */
static int decode_header(struct srs *srs, const uint8_t *file, size_t len, const char *path,
                         struct err *err) {
    static const uint8_t zero[CHECKSUM_LEN] = {0};
    if (len < AT_POINTS || memcmp(file + AT_MAGIC, MAGIC, sizeof MAGIC) != 0) {
        return err_set(err, ERR_DECODE, "%s: not a zklink SRS file", path);
    }
    if (get_u32(file + AT_VERSION) != FILE_VERSION) {
        return err_set(err, ERR_DECODE, "%s: version %u of the file form is unknown", path,
                       get_u32(file + AT_VERSION));
    }
    uint32_t log_n = get_u32(file + AT_LOG_N), insecure = get_u32(file + AT_INSECURE);
    if (log_n > SRS_MAX_LOG_N || insecure > 1 || get_u32(file + AT_INSECURE + 4) != 0 ||
        memcmp(file + AT_ZERO, zero, sizeof zero) != 0) {
        return err_set(err, ERR_DECODE, "%s: a header field is out of range", path);
    }
    if (len != AT_POINTS + ((size_t)RAW_G1_LEN << log_n)) {
        return err_set(err, ERR_DECODE, "%s: %zu bytes, but 2^%u points need %zu", path, len, log_n,
                       AT_POINTS + ((size_t)RAW_G1_LEN << log_n));
    }
    uint8_t sum[CHECKSUM_LEN];
    if (!checksum(sum, file, len)) {
        return err_set(err, ERR_SYSTEM, "SHA-256 failed");
    }
    if (memcmp(sum, file + AT_CHECKSUM, sizeof sum) != 0) {
        return err_set(err, ERR_CORRUPT, "%s: damaged, its checksum does not fit", path);
    }
    srs->log_n = log_n;
    srs->insecure = srs->vk.insecure = insecure == 1;
    memcpy(&srs->seed, file + AT_SEED, sizeof srs->seed);
    memcpy(srs->source, file + AT_SOURCE, sizeof srs->source);
    srs->g1 = (const g1_affine *)(const void *)(file + AT_POINTS);
    if (!raw_g2_get(&srs->vk.one, file + AT_ONE) || !raw_g2_get(&srs->vk.tau, file + AT_TAU) ||
        !g2_affine_eq(&srs->vk.one, &G2_GENERATOR) || !g2_affine_in_subgroup(&srs->vk.tau)) {
        return err_set(err, ERR_MISMATCH, "%s: a point of G2 is wrong", path);
    }
    return 0;
}

/* P_0 = G and e(P_1, [1]_2) = e(G, [tau]_2). */
static int check_first_points(const struct srs *srs, const char *path, struct err *err) {
    if (!raw_g1_ok(&srs->g1[0]) || !g1_affine_eq(&srs->g1[0], &G1_GENERATOR)) {
        return err_set(err, ERR_MISMATCH, "%s: the first point is not the generator of G1", path);
    }
    if (srs->log_n == 0) {
        return 0;
    }
    if (!raw_g1_ok(&srs->g1[1])) {
        return err_set(err, ERR_MISMATCH, "%s: point 1 is not on the curve", path);
    }
    g1_affine left[2] = {srs->g1[1]};
    g1_affine_neg(&left[1], &G1_GENERATOR);
    const g2_affine right[2] = {srs->vk.one, srs->vk.tau};
    if (!pairing_check(left, right, 2)) {
        return err_set(err, ERR_MISMATCH, "%s: the points do not belong to [tau]_2", path);
    }
    return 0;
}

int srs_read(struct srs *out, const char *path, unsigned max_log_n, struct err *err) {
    *out = (struct srs){0};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return err_set(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_SYSTEM, "%s: %s", path,
                       strerror(errno));
    }
    struct stat st;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size < AT_POINTS) {
        close(fd);
        return err_set(err, ERR_DECODE, "%s: not a zklink SRS file", path);
    }
    size_t len = (size_t)st.st_size;
    void *map = mmap(NULL, len, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    if (map == MAP_FAILED) {
        return err_set(err, ERR_SYSTEM, "%s: %s", path, strerror(errno));
    }
    out->memory = map;
    out->map_len = len;
    if (decode_header(out, map, len, path, err) != 0 || check_first_points(out, path, err) != 0) {
        srs_release(out);
        return -1;
    }
    if (out->log_n > max_log_n) {
        out->log_n = max_log_n;
    }
    return 0;
}
