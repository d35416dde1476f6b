/* See ptau.h. */
#include "proof/ptau.h"

#include "proof/raw_point.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    MAX_SECTIONS = 32,
    MAX_SECTION_TYPE = 31,
    MAX_CONTRIBUTIONS = 4096,
    MAX_PARAMETERS = 1024,
    FIRST_PREPARED_SECTION = 12,
    CONTRIBUTION_KEY_LEN = 6 * RAW_G1_LEN + 3 * RAW_G2_LEN,
    CONTRIBUTION_LEN = 3 * RAW_G1_LEN + 2 * RAW_G2_LEN + CONTRIBUTION_KEY_LEN + 216 + 64,
    CONTRIBUTION_BEACON = 1
};

struct cursor {
    const uint8_t *at;
    size_t left;
};

struct section {
    const uint8_t *data; /* NULL if absent */
    size_t len;
};

static const uint8_t *take(struct cursor *c, size_t len) {
    if (c->left < len) {
        return NULL;
    }
    const uint8_t *p = c->at;
    c->at += len;
    c->left -= len;
    return p;
}

static bool take_u32(struct cursor *c, uint32_t *v) {
    const uint8_t *p = take(c, sizeof *v);
    *v = 0;
    if (p != NULL) {
        memcpy(v, p, sizeof *v);
    }
    return p != NULL;
}

/* The section table, by type. */
static int read_sections(struct section table[MAX_SECTION_TYPE + 1], struct cursor c,
                         struct err *err) {
    const uint8_t *magic = take(&c, 4);
    uint32_t version, count;
    if (magic == NULL || memcmp(magic, "ptau", 4) != 0) {
        return err_set(err, ERR_DECODE, "not a .ptau file");
    }
    if (!take_u32(&c, &version) || !take_u32(&c, &count) || version != 1) {
        return err_set(err, ERR_DECODE, "not version 1 of the .ptau form");
    }
    if (count > MAX_SECTIONS) {
        return err_set(err, ERR_DECODE, "%u sections, at most %d are possible", count,
                       MAX_SECTIONS);
    }
    for (uint32_t i = 0; i < count; i++) {
        uint32_t type;
        uint64_t len;
        bool have_type = take_u32(&c, &type);
        const uint8_t *len_at = take(&c, sizeof len);
        if (!have_type || len_at == NULL) {
            return err_set(err, ERR_DECODE, "cut short in the section table");
        }
        memcpy(&len, len_at, sizeof len);
        if (type > MAX_SECTION_TYPE || table[type].data != NULL) {
            return err_set(err, ERR_DECODE, "section %u is unknown or there twice", type);
        }
        const uint8_t *data = len > SIZE_MAX ? NULL : take(&c, (size_t)len);
        if (data == NULL) {
            return err_set(err, ERR_DECODE, "section %u is cut short", type);
        }
        table[type] = (struct section){data, (size_t)len};
    }
    return c.left == 0 ? 0 : err_set(err, ERR_DECODE, "bytes after the last section");
}

static int read_header(struct ptau_info *info, const struct section *header, struct err *err) {
    struct cursor c = {header->data, header->len};
    uint32_t n8, power, ceremony_power;
    if (header->data == NULL) {
        return err_set(err, ERR_DECODE, "no header section");
    }
    bool have_n8 = take_u32(&c, &n8);
    const uint8_t *prime = take(&c, sizeof FQ_MODULUS);
    if (!have_n8 || n8 != sizeof FQ_MODULUS || prime == NULL ||
        memcmp(prime, FQ_MODULUS, sizeof FQ_MODULUS) != 0) {
        return err_set(err, ERR_DECODE, "the powers are not on the curve BN254");
    }
    if (!take_u32(&c, &power) || !take_u32(&c, &ceremony_power) || c.left != 0) {
        return err_set(err, ERR_DECODE, "the header section has a wrong length");
    }
    if (power < 1 || power > SRS_MAX_LOG_N || ceremony_power < power ||
        ceremony_power > SRS_MAX_LOG_N) {
        return err_set(err, ERR_DECODE, "power %u of a ceremony of power %u is out of range", power,
                       ceremony_power);
    }
    info->power = power;
    info->ceremony_power = ceremony_power;
    return 0;
}

static int check_sizes(const struct ptau_info *info, const struct section *table, struct err *err) {
    size_t n = (size_t)1 << info->power;
    const size_t wanted[] = {[2] = (2 * n - 1) * RAW_G1_LEN,
                             [3] = n * RAW_G2_LEN,
                             [4] = n * RAW_G1_LEN,
                             [5] = n * RAW_G1_LEN,
                             [6] = RAW_G2_LEN};
    for (unsigned type = 2; type <= 6; type++) {
        if (table[type].data == NULL || table[type].len != wanted[type]) {
            return err_set(err, ERR_DECODE, "section %u has %zu bytes, power %u needs %zu", type,
                           table[type].len, info->power, wanted[type]);
        }
    }
    return 0;
}

/* Walks over the contributions; the last one must have made the sections' tau. */
static int read_contributions(struct ptau_info *info, const struct section *section,
                              struct err *err) {
    struct cursor c = {section->data, section->len};
    uint32_t count, type = 0, parameters;
    const uint8_t *last = NULL;
    if (section->data == NULL || !take_u32(&c, &count) || count > MAX_CONTRIBUTIONS) {
        return err_set(err, ERR_DECODE, "no list of contributions, or too long a one");
    }
    for (uint32_t i = 0; i < count; i++) {
        last = take(&c, CONTRIBUTION_LEN);
        if (last == NULL || !take_u32(&c, &type) || !take_u32(&c, &parameters) ||
            parameters > MAX_PARAMETERS || take(&c, parameters) == NULL) {
            return err_set(err, ERR_DECODE, "contribution %u is cut short", i + 1);
        }
    }
    if (c.left != 0) {
        return err_set(err, ERR_DECODE, "bytes after the last contribution");
    }
    if (count == 0) {
        return err_set(err, ERR_DECODE, "no contribution was made: tau is 1");
    }
    if (memcmp(last, info->tau_g1 + RAW_G1_LEN, RAW_G1_LEN) != 0 ||
        memcmp(last + RAW_G1_LEN, info->tau_g2 + RAW_G2_LEN, RAW_G2_LEN) != 0) {
        return err_set(err, ERR_DECODE, "the powers are not those of the last contribution");
    }
    info->contributions = count;
    info->beacon = type == CONTRIBUTION_BEACON;
    return 0;
}

int ptau_parse(struct ptau_info *info, const uint8_t *data, size_t len, struct err *err) {
    struct section table[MAX_SECTION_TYPE + 1] = {0};
    *info = (struct ptau_info){0};
    if (read_sections(table, (struct cursor){data, len}, err) != 0 ||
        read_header(info, &table[1], err) != 0 || check_sizes(info, table, err) != 0) {
        return -1;
    }
    info->tau_g1 = table[2].data;
    info->tau_g2 = table[3].data;
    for (unsigned type = FIRST_PREPARED_SECTION; type <= MAX_SECTION_TYPE; type++) {
        info->prepared = info->prepared || table[type].data != NULL;
    }
    return read_contributions(info, &table[7], err);
}

int ptau_import_bytes(struct srs *out, struct ptau_info *info, const uint8_t *data, size_t len,
                      unsigned log_n, unsigned threads, struct err *err) {
    struct ptau_info own = {0};
    info = info == NULL ? &own : info;
    *out = (struct srs){0};
    if (ptau_parse(info, data, len, err) != 0) {
        return -1;
    }
    if (log_n > info->power) {
        return err_set(err, ERR_INPUT, "2^%u powers asked for, the file is of power %u", log_n,
                       info->power);
    }
    if (!raw_g2_get(&out->vk.one, info->tau_g2) ||
        !raw_g2_get(&out->vk.tau, info->tau_g2 + RAW_G2_LEN)) {
        *out = (struct srs){0};
        return err_set(err, ERR_MISMATCH, "a point of G2 is wrong");
    }
    size_t size = (size_t)RAW_G1_LEN << log_n;
    g1_affine *points = malloc(size);
    if (points == NULL || EVP_Digest(data, len, out->source, NULL, EVP_sha256(), NULL) != 1) {
        free(points);
        *out = (struct srs){0};
        return err_set(err, ERR_SYSTEM, "no memory for 2^%u points", log_n);
    }
    memcpy(points, info->tau_g1, size);
    out->memory = points;
    out->g1 = points;
    out->log_n = log_n;
    if (srs_check(out, threads, err) != 0) {
        srs_release(out);
        return -1;
    }
    return 0;
}

int ptau_import(struct srs *out, struct ptau_info *info, const char *path, unsigned log_n,
                unsigned threads, struct err *err) {
    struct ptau_info own = {0};
    info = info == NULL ? &own : info;
    *out = (struct srs){0};
    *info = (struct ptau_info){0};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return err_set(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_SYSTEM, "%s: %s", path,
                       strerror(errno));
    }
    struct stat st;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size == 0) {
        close(fd);
        return err_set(err, ERR_DECODE, "%s: not a .ptau file", path);
    }
    void *map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    if (map == MAP_FAILED) {
        return err_set(err, ERR_SYSTEM, "%s: %s", path, strerror(errno));
    }
    int rc = ptau_import_bytes(out, info, map, (size_t)st.st_size, log_n, threads, err);
    munmap(map, (size_t)st.st_size);
    info->tau_g1 = info->tau_g2 = NULL;
    return rc == 0 ? 0 : err_context(err, "%s", path);
}
