/* Pippenger's method, made of one operation: sums of many short lists of points.
 *
 * Blocks. The input is taken in blocks of at most 2^20 points, so that the scratch memory is
 * bounded.
 *
 * Terms. Scalars become integers; above r/2 the integer is r - s and the point's sign is turned.
 * Zero scalars and identities are dropped. Adding the constant D = sum_w 2^(c-1) 2^(c w), over all
 * windows but the top one, makes the signed digits stateless: digit w of s, in -2^(c-1) ..
 * 2^(c-1) - 1, is the w-th c-bit group of s + D, less 2^(c-1); the top one is plain, 0 .. 2^(c-1).
 * The histogram of the integers' lengths chooses c.
 *
 * Windows. For window w, terms with a non-zero digit are sorted by |digit| (counting sort), which
 * makes one list per bucket. The lists' sums B_b are taken by pairing neighbours: all pairs of all
 * lists of a batch are added at once with one inversion (g1_batch_add), then the results are
 * paired, and so on: no two additions ever meet in one bucket. A batch is small enough for the L2
 * cache.
 *
 * Buckets. With b = 2^k i + j, sum_b b B_b = 2^k sum_i i (sum_j B_ij) + sum_j j (sum_i B_ij): two
 * more sets of lists, and only 2^(c/2) running sums in Jacobian coordinates are left. Empty buckets
 * are in no list, so a window with few digits costs little whatever c is.
 *
 * Few points are left to msm_small.c.
 *
 * Threads take (window, range of terms) tasks from a counter. */
#include "crypto/msm.h"

#include "base/threads.h"
#include "crypto/g1_batch.h"
#include "crypto/msm_small.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum {
    BLOCK_LOG = 20,
    BLOCK_MAX = 1 << BLOCK_LOG, /* points a block */
    C_MIN = 2,
    C_MAX = 17,              /* bits a window */
    BATCH_POINTS = 4096,     /* points in the tree at once: 256 KB */
    SCALAR_BITS = 253,       /* of the folded integers: below r/2 */
    FEW = 2 * MSM_SMALL_MAX, /* points for which buckets do not pay */
    RANGE_MIN = 2048,        /* terms a task, at least, when a window is cut */
    PREFETCH_DISTANCE = 16   /* points ahead */
};

#define SIGN_BIT 0x80000000U

/* One block's terms: integers limb by limb, so that a window touches one or two of the arrays, and
 * the points' indices with their signs. */
struct terms {
    uint64_t *limb[4];
    uint32_t *ref; /* index, | SIGN_BIT for minus */
    size_t n;
    const g1_affine *points;
};

/* A thread's memory. */
struct workspace {
    uint32_t *count;  /* buckets + 2: list ends by bucket, while sorting */
    uint32_t *sorted; /* point references, sorted by bucket; later the row and column lists */
    uint32_t *ends;   /* ends of the row and column lists */
    g1_affine *sums;  /* bucket sums; later followed by row and column sums */
    g1_affine *tree;  /* BATCH_POINTS */
    struct g1_pair *pair;
    fq *scratch;
    uint32_t *run_start, *run_len; /* the tree's lists */
};

struct job {
    struct terms terms;
    unsigned c, windows, ranges;
    size_t buckets; /* 2^(c-1) */
    struct workspace *workspace;
    g1 *result; /* a sum for every task */
    atomic_size_t next_task;
};

/* ---- sums of lists ---- */

static void tree_reduce(struct workspace *ws, size_t runs) {
    for (;;) {
        size_t pairs = 0;
        for (size_t k = 0; k < runs; k++) {
            uint32_t len = ws->run_len[k];
            if (len > 1) {
                uint32_t half = len / 2, keep = len - half, start = ws->run_start[k];
                for (uint32_t i = 0; i < half; i++) {
                    ws->pair[pairs++] = (struct g1_pair){start + i, start + keep + i};
                }
                ws->run_len[k] = keep;
            }
        }
        if (pairs == 0) {
            return;
        }
        g1_batch_add(ws->tree, ws->pair, pairs, ws->scratch);
    }
}

/* Copies points[ref[i]] with their signs, for i < n, while fetching those further on: ref has
 * `ahead` >= n entries that will be gathered, by this call and the next ones. */
static void gather(g1_affine *to, const g1_affine *points, const uint32_t *ref, size_t n,
                   size_t ahead) {
    for (size_t i = 0; i < n; i++) {
        if (i + PREFETCH_DISTANCE < ahead) {
            const g1_affine *next = &points[ref[i + PREFETCH_DISTANCE] & ~SIGN_BIT];
            __builtin_prefetch(&next->x.l[0]);
            __builtin_prefetch(&next->y.l[3]); /* another cache line, if points are not aligned */
        }
        const g1_affine *p = &points[ref[i] & ~SIGN_BIT];
        to[i].x = p->x;
        if ((ref[i] & SIGN_BIT) != 0) {
            fq_neg(&to[i].y, &p->y);
        } else {
            to[i].y = p->y;
        }
    }
}

/* sums[k] = sum of the points that ref[end[k-1]..end[k]) names, for k < lists; end[-1] stands for
 * 0. A list that does not fit a batch leaves its part's sum in sums[k], where the next batch takes
 * it up as one more element. */
static void sum_lists(struct workspace *ws, g1_affine *sums, const g1_affine *points,
                      const uint32_t *ref, const uint32_t *end, size_t lists) {
    const g1_affine identity = {.x = FQ_ZERO, .y = FQ_ZERO};
    size_t first = 0; /* list of the batch's first run */
    uint32_t at = 0;  /* next reference */
    bool carried = false;
    while (first < lists) {
        size_t used = 0, list = first, runs = 0;
        while (list < lists && used + 2 <= BATCH_POINTS) {
            uint32_t left = end[list] - at, room = BATCH_POINTS - (uint32_t)used;
            uint32_t start = (uint32_t)used;
            if (carried) {
                ws->tree[used++] = sums[list];
                room--;
                carried = false;
            }
            uint32_t take = left < room ? left : room;
            gather(ws->tree + used, points, ref + at, take, end[lists - 1] - at);
            at += take;
            used += take;
            ws->run_start[runs] = start;
            ws->run_len[runs] = (uint32_t)used - start;
            runs++;
            if (take < left) {
                carried = true;
                break;
            }
            list++;
            if (runs == BATCH_POINTS) {
                break;
            }
        }
        tree_reduce(ws, runs);
        for (size_t k = 0; k < runs; k++) {
            sums[first + k] = ws->run_len[k] > 0 ? ws->tree[ws->run_start[k]] : identity;
        }
        first = list;
    }
}

/* ---- one window ---- */

static inline int32_t digit_at(const struct terms *t, size_t i, unsigned bit, unsigned c,
                               int32_t bias) {
    unsigned limb = bit / 64, shift = bit % 64;
    uint64_t v = t->limb[limb][i] >> shift;
    if (shift + c > 64 && limb < 3) {
        v |= t->limb[limb + 1][i] << (64 - shift);
    }
    return (int32_t)(v & ((1U << c) - 1)) - bias;
}

/* Sorts the terms begin <= i < end with a non-zero digit by |digit|: afterwards list b, for b = 1
 * .. buckets, is sorted[count[b-1] .. count[b]), and count[0] = 0. */
static void sort_terms(const struct job *job, struct workspace *ws, unsigned window, size_t begin,
                       size_t end) {
    const struct terms *t = &job->terms;
    unsigned bit = window * job->c;
    int32_t bias = window + 1 < job->windows ? (int32_t)job->buckets : 0;
    uint32_t *next = ws->count + 1; /* next[b]: where list b goes on; count = next, one lower */
    memset(ws->count, 0, (job->buckets + 2) * sizeof *ws->count);
    for (size_t i = begin; i < end; i++) {
        int32_t d = digit_at(t, i, bit, job->c, bias);
        next[d < 0 ? -d : d]++;
    }
    next[0] = 0;
    uint32_t sum = 0;
    for (size_t b = 1; b <= job->buckets; b++) {
        uint32_t len = next[b];
        next[b] = sum;
        sum += len;
    }
    for (size_t i = begin; i < end; i++) {
        int32_t d = digit_at(t, i, bit, job->c, bias);
        if (d != 0) {
            uint32_t sign = d < 0 ? SIGN_BIT : 0;
            ws->sorted[next[d < 0 ? -d : d]++] = t->ref[i] ^ sign;
        }
    }
    memmove(ws->count, next, (job->buckets + 1) * sizeof *ws->count); /* ends */
}

/* sum_i i p[i] for i < n by running sums from the top. */
static void weighted_sum(g1 *out, const g1_affine *p, size_t n) {
    g1 running = G1_IDENTITY, total = G1_IDENTITY;
    for (size_t i = n; i-- > 1;) {
        g1_add_affine(&running, &running, &p[i]);
        g1_add(&total, &total, &running);
    }
    *out = total;
}

/* out = sum_b b sums[b] for b = 0 .. buckets, by rows and columns of 2^k. */
static void sum_buckets(const struct job *job, struct workspace *ws, g1 *out) {
    unsigned k = job->c / 2;
    size_t columns = (size_t)1 << k, rows = (job->buckets >> k) + 1;
    g1_affine *line = ws->sums + job->buckets + 1; /* rows, then columns */
    uint32_t at = 0;
    for (size_t row = 0; row < rows; row++) {
        for (size_t b = row << k; b < (row + 1) << k && b <= job->buckets; b++) {
            if (!g1_affine_is_identity(&ws->sums[b])) {
                ws->sorted[at++] = (uint32_t)b;
            }
        }
        ws->ends[row] = at;
    }
    for (size_t column = 0; column < columns; column++) {
        for (size_t b = column; b <= job->buckets; b += columns) {
            if (!g1_affine_is_identity(&ws->sums[b])) {
                ws->sorted[at++] = (uint32_t)b;
            }
        }
        ws->ends[rows + column] = at;
    }
    sum_lists(ws, line, ws->sums, ws->sorted, ws->ends, rows + columns);
    g1 by_column;
    weighted_sum(out, line, rows);
    weighted_sum(&by_column, line + rows, columns);
    for (unsigned i = 0; i < k; i++) {
        g1_dbl(out, out);
    }
    g1_add(out, out, &by_column);
}

static void run_task(struct job *job, struct workspace *ws, size_t task) {
    unsigned window = (unsigned)(task / job->ranges);
    size_t range = task % job->ranges, n = job->terms.n;
    size_t begin = n * range / job->ranges, end = n * (range + 1) / job->ranges;
    sort_terms(job, ws, window, begin, end);
    sum_lists(ws, ws->sums, job->terms.points, ws->sorted, ws->count, job->buckets + 1);
    sum_buckets(job, ws, &job->result[task]);
}

static void run_tasks(void *ctx, size_t begin, size_t end) {
    struct job *job = ctx;
    size_t tasks = (size_t)job->windows * job->ranges;
    for (size_t worker = begin; worker < end; worker++) {
        for (;;) {
            size_t task = atomic_fetch_add(&job->next_task, 1);
            if (task >= tasks) {
                break;
            }
            run_task(job, &job->workspace[worker], task);
        }
    }
}

/* ---- terms ---- */

struct source {
    const g1_affine *points;
    const fr *scalars;             /* or */
    const uint64_t (*integers)[4]; /* the one that is not NULL */
    size_t n;
    uint64_t *limb[4];
    uint32_t *ref;
    unsigned parts;
    size_t *kept; /* terms of each part, stored from the part's begin */
    size_t (*histogram)[SCALAR_BITS + 1];
};

/* v = r - v if that is smaller; true if so. v < r. */
static bool fold(uint64_t v[4]) {
    uint64_t w[4], borrow = 0;
    for (int i = 0; i < 4; i++) {
        field_u128 d = (field_u128)FR_MODULUS[i] - v[i] - borrow;
        w[i] = (uint64_t)d;
        borrow = (uint64_t)(d >> 64) & 1;
    }
    for (int i = 3; i >= 0; i--) {
        if (v[i] != w[i]) {
            if (v[i] < w[i]) {
                return false;
            }
            memcpy(v, w, sizeof w);
            return true;
        }
    }
    return false; /* v = r - v: not for an odd r */
}

static unsigned bit_length(const uint64_t v[4]) {
    for (unsigned i = 4; i-- > 0;) {
        if (v[i] != 0) {
            return 64 * i + 64 - (unsigned)__builtin_clzll(v[i]);
        }
    }
    return 0;
}

static void load_part(struct source *s, size_t part) {
    size_t begin = s->n * part / s->parts, end = s->n * (part + 1) / s->parts, at = begin;
    size_t *histogram = s->histogram[part];
    memset(histogram, 0, sizeof s->histogram[part]);
    for (size_t i = begin; i < end; i++) {
        uint64_t v[4];
        if (s->scalars != NULL) {
            if (fr_is_zero(&s->scalars[i])) {
                continue;
            }
            fr_to_limbs(v, &s->scalars[i]);
        } else {
            memcpy(v, s->integers[i], sizeof v);
        }
        bool minus = fold(v);
        unsigned bits = bit_length(v);
        if (bits == 0 || g1_affine_is_identity(&s->points[i])) {
            continue;
        }
        histogram[bits]++;
        for (int j = 0; j < 4; j++) {
            s->limb[j][at] = v[j];
        }
        s->ref[at++] = (uint32_t)i | (minus ? SIGN_BIT : 0);
    }
    s->kept[part] = at - begin;
}

static void load_parts(void *ctx, size_t begin, size_t end) {
    for (size_t part = begin; part < end; part++) {
        load_part(ctx, part);
    }
}

/* Windows needed for `bits`-bit integers: the top one has at most c - 1 bits, and a carry. */
static unsigned windows_for(unsigned bits, unsigned c) {
    return bits / c + 1;
}

/* Estimated additions with windows of c bits, the threads' idle time at the end among them. */
static double cost_of(const size_t *histogram, unsigned max_bits, unsigned threads, unsigned c) {
    double cost = 0, buckets = (double)(1U << (c - 1));
    unsigned windows = windows_for(max_bits, c);
    size_t with_digit = 0;
    unsigned bits = max_bits;
    for (unsigned w = windows; w-- > 0;) {
        for (; bits > 0 && bits >= w * c; bits--) {
            with_digit += histogram[bits];
        }
        double digits = (double)with_digit;
        double occupied = digits < buckets ? digits : buckets;
        /* bucket lists, rows and columns, running sums at some four times the price, doublings */
        cost += digits + occupied + 8.0 * (double)(2U << (c / 2)) + 3.0 * c;
    }
    unsigned rounds = (windows + threads - 1) / threads;
    return windows < 2 * threads ? cost : cost * rounds * threads / windows;
}

static unsigned choose_c(const size_t *histogram, unsigned max_bits, unsigned threads) {
    unsigned best = C_MIN;
    for (unsigned c = C_MIN + 1; c <= C_MAX; c++) {
        if (cost_of(histogram, max_bits, threads, c) <
            cost_of(histogram, max_bits, threads, best)) {
            best = c;
        }
    }
    return best;
}

static void add_digit_offset(struct terms *t, unsigned c, unsigned windows) {
    uint64_t offset[4] = {0, 0, 0, 0};
    for (unsigned w = 0; w + 1 < windows; w++) {
        unsigned bit = c * w + c - 1;
        offset[bit / 64] |= 1ULL << (bit % 64);
    }
    for (size_t i = 0; i < t->n; i++) {
        field_u128 carry = 0;
        for (int j = 0; j < 4; j++) {
            carry += (field_u128)t->limb[j][i] + offset[j];
            t->limb[j][i] = (uint64_t)carry;
            carry >>= 64;
        }
    }
}

/* Closes the gaps between the parts' terms. */
static size_t compact(struct source *s) {
    size_t at = 0;
    for (unsigned part = 0; part < s->parts; part++) {
        size_t begin = s->n * part / s->parts, len = s->kept[part];
        if (begin != at) {
            for (int j = 0; j < 4; j++) {
                memmove(s->limb[j] + at, s->limb[j] + begin, len * sizeof *s->limb[j]);
            }
            memmove(s->ref + at, s->ref + begin, len * sizeof *s->ref);
        }
        at += len;
    }
    return at;
}

/* ---- memory ---- */

static void workspace_release(struct workspace *ws) {
    free(ws->count);
    free(ws->sorted);
    free(ws->ends);
    free(ws->sums);
    free(ws->tree);
    free(ws->pair);
    free(ws->scratch);
    free(ws->run_start);
    free(ws->run_len);
}

static bool workspace_init(struct workspace *ws, size_t buckets, size_t terms, unsigned c) {
    size_t lines = (buckets >> (c / 2)) + 1 + ((size_t)1 << (c / 2));
    size_t refs = terms > 2 * (buckets + 1) ? terms : 2 * (buckets + 1);
    ws->count = malloc((buckets + 2) * sizeof *ws->count);
    ws->sorted = malloc(refs * sizeof *ws->sorted);
    ws->ends = malloc(lines * sizeof *ws->ends);
    ws->sums = aligned_alloc(64, (buckets + 1 + lines) * sizeof *ws->sums);
    ws->tree = aligned_alloc(64, BATCH_POINTS * sizeof *ws->tree);
    ws->pair = malloc(BATCH_POINTS / 2 * sizeof *ws->pair);
    ws->scratch = malloc(G1_BATCH_SCRATCH(BATCH_POINTS / 2) * sizeof *ws->scratch);
    ws->run_start = malloc(BATCH_POINTS * sizeof *ws->run_start);
    ws->run_len = malloc(BATCH_POINTS * sizeof *ws->run_len);
    return ws->count != NULL && ws->sorted != NULL && ws->ends != NULL && ws->sums != NULL &&
           ws->tree != NULL && ws->pair != NULL && ws->scratch != NULL && ws->run_start != NULL &&
           ws->run_len != NULL;
}

/* ---- the whole ---- */

static void combine(g1 *out, const struct job *job) {
    g1 acc = G1_IDENTITY;
    for (unsigned w = job->windows; w-- > 0;) {
        for (unsigned i = 0; i < job->c; i++) {
            g1_dbl(&acc, &acc);
        }
        for (unsigned range = 0; range < job->ranges; range++) {
            g1_add(&acc, &acc, &job->result[(size_t)w * job->ranges + range]);
        }
    }
    *out = acc;
}

/* Loaded terms to their sum. False if out of memory. */
static bool sum_terms(g1 *out, struct terms terms, const size_t *histogram, unsigned threads) {
    unsigned max_bits = SCALAR_BITS;
    while (max_bits > 0 && histogram[max_bits] == 0) {
        max_bits--;
    }
    if (max_bits == 0) {
        *out = G1_IDENTITY;
        return true;
    }
    struct job job = {.terms = terms, .ranges = 1};
    job.c = choose_c(histogram, max_bits, threads);
    job.windows = windows_for(max_bits, job.c);
    job.buckets = (size_t)1 << (job.c - 1);
    if (job.windows < threads * 2 && threads > 1) { /* cut the windows: enough tasks for all */
        size_t ranges = (threads * 2 + job.windows - 1) / job.windows;
        size_t most = terms.n / RANGE_MIN + 1;
        job.ranges = (unsigned)(ranges < most ? ranges : most);
    }
    size_t tasks = (size_t)job.windows * job.ranges;
    unsigned workers = tasks < threads ? (unsigned)tasks : threads;
    add_digit_offset(&job.terms, job.c, job.windows);
    job.result = calloc(tasks, sizeof *job.result);
    job.workspace = calloc(workers, sizeof *job.workspace);
    bool ok = job.result != NULL && job.workspace != NULL;
    for (unsigned i = 0; ok && i < workers; i++) {
        ok = workspace_init(&job.workspace[i], job.buckets, terms.n, job.c);
    }
    if (ok) {
        atomic_init(&job.next_task, 0);
        parallel_for(workers, workers, run_tasks, &job);
        combine(out, &job);
    }
    for (unsigned i = 0; job.workspace != NULL && i < workers; i++) {
        workspace_release(&job.workspace[i]);
    }
    free(job.workspace);
    free(job.result);
    return ok;
}

/* One block by buckets. False if out of memory. */
static bool msm_block(g1 *out, struct source s, unsigned threads) {
    bool ok = false;
    s.parts = s.n < RANGE_MIN ? 1 : threads;
    s.kept = calloc(s.parts, sizeof *s.kept);
    s.histogram = malloc(s.parts * sizeof *s.histogram);
    s.ref = malloc(s.n * sizeof *s.ref);
    uint64_t *limbs = malloc(4 * s.n * sizeof *limbs);
    if (s.kept != NULL && s.histogram != NULL && s.ref != NULL && limbs != NULL) {
        struct terms terms = {.points = s.points, .ref = s.ref};
        for (size_t j = 0; j < 4; j++) {
            terms.limb[j] = s.limb[j] = limbs + j * s.n;
        }
        parallel_for(s.parts, s.parts, load_parts, &s);
        terms.n = compact(&s);
        for (unsigned part = 1; part < s.parts; part++) {
            for (size_t bits = 0; bits <= SCALAR_BITS; bits++) {
                s.histogram[0][bits] += s.histogram[part][bits];
            }
        }
        ok = sum_terms(out, terms, s.histogram[0], threads);
    }
    free(limbs);
    free(s.ref);
    free(s.histogram);
    free(s.kept);
    return ok;
}

static void naive_sum(g1 *out, const struct source *s) {
    g1 acc = G1_IDENTITY;
    for (size_t i = 0; i < s->n; i++) {
        g1 p;
        g1_from_affine(&p, &s->points[i]);
        if (s->scalars != NULL) {
            g1_mul(&p, &p, &s->scalars[i]);
        } else {
            g1_mul_limbs(&p, &p, s->integers[i]);
        }
        g1_add(&acc, &acc, &p);
    }
    *out = acc;
}

/* Few points: no buckets. Terms with a zero scalar are left out. */
static void few_sum(g1 *out, const struct source *s) {
    g1_affine point[MSM_SMALL_MAX];
    uint64_t k[MSM_SMALL_MAX][4];
    size_t terms = 0;
    *out = G1_IDENTITY;
    for (size_t i = 0; i < s->n; i++) {
        if (s->scalars != NULL) {
            fr_to_limbs(k[terms], &s->scalars[i]);
        } else {
            assert(s->integers != NULL);
            memcpy(k[terms], s->integers[i], sizeof k[terms]);
        }
        point[terms] = s->points[i];
        terms += bit_length(k[terms]) > 0;
        if (terms == MSM_SMALL_MAX || i + 1 == s->n) {
            g1 part;
            msm_small(&part, point, (const uint64_t(*)[4])k, terms);
            g1_add(out, out, &part);
            terms = 0;
        }
    }
}

static void msm(g1 *out, const g1_affine *points, const fr *scalars, const uint64_t (*integers)[4],
                size_t n, unsigned threads) {
    g1 acc = G1_IDENTITY;
    for (size_t at = 0; at < n; at += BLOCK_MAX) {
        struct source s = {.points = points + at,
                           .scalars = scalars != NULL ? scalars + at : NULL,
                           .integers = integers != NULL ? integers + at : NULL,
                           .n = n - at < BLOCK_MAX ? n - at : BLOCK_MAX};
        g1 block;
        if (s.n <= FEW) {
            few_sum(&block, &s);
        } else if (!msm_block(&block, s, threads < 1 ? 1 : threads)) {
            naive_sum(&block, &s);
        }
        g1_add(&acc, &acc, &block);
    }
    *out = acc;
}

void msm_g1(g1 *out, const g1_affine *points, const fr *scalars, size_t n, unsigned threads) {
    msm(out, points, scalars, NULL, n, threads);
}

void msm_g1_limbs(g1 *out, const g1_affine *points, const uint64_t (*scalars)[4], size_t n,
                  unsigned threads) {
    msm(out, points, NULL, scalars, n, threads);
}

void msm_g1_naive(g1 *out, const g1_affine *points, const fr *scalars, size_t n) {
    const struct source s = {.points = points, .scalars = scalars, .n = n};
    naive_sum(out, &s);
}
