#include "rollup/state.h"

#include "base/threads.h"

#include <stdlib.h>
#include <string.h>

/* Accounts stand in one array in order of opening, found by id through a hash table of positions;
 * accounts of the same owner are found through a second table whose chains run through the
 * accounts, in ascending order of id. An account's balances are an array sorted by slot. Positions
 * are stored plus one, 0 = none. An account that is rolled back stays as an empty entry. */
struct balance {
    struct amount amount;
    token_id token;
    uint8_t slot;
};

struct account {
    struct record record;
    struct balance *balance;
    account_id id;
    uint16_t n, cap;
    uint32_t next_of_owner;
};

struct undo {
    account_id account;
    uint8_t slot;
    struct record record;
};

struct state {
    struct account *account;
    uint32_t n, cap;
    uint32_t *by_id, *by_owner; /* mask + 1 entries each */
    uint32_t mask;
    size_t open;
    account_id next_account;
    struct undo *undo;
    size_t n_undo, cap_undo;
    struct tree *tree;
    unsigned threads;
};

static uint32_t hash_id(account_id id) {
    uint64_t h = id * UINT64_C(0x9e3779b97f4a7c15);
    return (uint32_t)(h >> 32);
}

static uint32_t hash_owner(const struct owner *o) {
    uint64_t h = o->authority;
    for (unsigned i = 0; i < ADDRESS_LEN; i++) {
        h = (h ^ o->address[i]) * UINT64_C(0x100000001b3);
        h ^= h >> 31;
    }
    return hash_id((account_id)(h ^ h >> 32));
}

static bool rehash(struct state *s, uint32_t mask);

struct state *state_new(void) {
    struct state *s = calloc(1, sizeof *s);
    if (s == NULL) {
        return NULL;
    }
    s->next_account = 1;
    s->threads = 1;
    s->tree = tree_new();
    if (s->tree == NULL || !rehash(s, 255)) {
        state_free(s);
        return NULL;
    }
    return s;
}

void state_free(struct state *s) {
    if (s == NULL) {
        return;
    }
    for (uint32_t i = 0; i < s->n; i++) {
        free(s->account[i].balance);
    }
    free(s->account);
    free(s->by_id);
    free(s->by_owner);
    free(s->undo);
    tree_free(s->tree);
    free(s);
}

/* Position plus one of an account, or 0. */
static uint32_t find(const struct state *s, account_id id) {
    for (uint32_t i = hash_id(id) & s->mask;; i = (i + 1) & s->mask) {
        uint32_t p = s->by_id[i];
        if (p == 0 || s->account[p - 1].id == id) {
            return p;
        }
    }
}

static struct account *lookup(const struct state *s, account_id id) {
    uint32_t p = find(s, id);
    return p == 0 ? NULL : &s->account[p - 1];
}

static void index_id(struct state *s, uint32_t p) {
    uint32_t i = hash_id(s->account[p - 1].id) & s->mask;
    while (s->by_id[i] != 0) {
        i = (i + 1) & s->mask;
    }
    s->by_id[i] = p;
}

static void owner_link(struct state *s, uint32_t p) {
    struct account *a = &s->account[p - 1];
    uint32_t *at = &s->by_owner[hash_owner(&a->record.u.account.owner) & s->mask];
    while (*at != 0 && s->account[*at - 1].id < a->id) {
        at = &s->account[*at - 1].next_of_owner;
    }
    a->next_of_owner = *at;
    *at = p;
}

static void owner_unlink(struct state *s, uint32_t p) {
    struct account *a = &s->account[p - 1];
    uint32_t *at = &s->by_owner[hash_owner(&a->record.u.account.owner) & s->mask];
    while (*at != 0 && *at != p) {
        at = &s->account[*at - 1].next_of_owner;
    }
    if (*at == p) {
        *at = a->next_of_owner;
    }
    a->next_of_owner = 0;
}

static bool rehash(struct state *s, uint32_t mask) {
    uint32_t *by_id = calloc((size_t)mask + 1, sizeof *by_id);
    uint32_t *by_owner = calloc((size_t)mask + 1, sizeof *by_owner);
    if (by_id == NULL || by_owner == NULL) {
        free(by_id);
        free(by_owner);
        return false;
    }
    free(s->by_id);
    free(s->by_owner);
    s->by_id = by_id;
    s->by_owner = by_owner;
    s->mask = mask;
    for (uint32_t p = 1; p <= s->n; p++) {
        index_id(s, p);
        if (record_is_account(&s->account[p - 1].record)) {
            owner_link(s, p);
        }
    }
    return true;
}

/* The entry of an account, made empty if there is none; position plus one, 0 without memory. */
static uint32_t obtain(struct state *s, account_id id) {
    uint32_t p = find(s, id);
    if (p != 0) {
        return p;
    }
    if (s->n == s->cap) {
        uint32_t cap = s->cap == 0 ? 64 : 2 * s->cap;
        struct account *a = reallocarray(s->account, cap, sizeof *a);
        if (a == NULL) {
            return 0;
        }
        s->account = a;
        s->cap = cap;
    }
    if (2 * (s->n + 1) > s->mask && !rehash(s, 2 * s->mask + 1)) {
        return 0;
    }
    memset(&s->account[s->n], 0, sizeof *s->account);
    s->account[s->n].id = id;
    s->n++;
    index_id(s, s->n);
    return s->n;
}

const struct record *state_account(const struct state *s, account_id account) {
    static const struct record empty;
    const struct account *a = lookup(s, account);
    return a == NULL ? &empty : &a->record;
}

/* Where slot stands, or would stand, among the balances. */
static unsigned position(const struct account *a, uint8_t slot) {
    unsigned lo = 0, hi = a->n;
    while (lo < hi) {
        unsigned mid = (lo + hi) / 2;
        if (a->balance[mid].slot < slot) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    return lo;
}

struct amount state_balance(const struct state *s, account_id account, uint8_t slot,
                            token_id *token) {
    const struct account *a = lookup(s, account);
    unsigned i = a == NULL ? 0 : position(a, slot);
    bool found = a != NULL && i < a->n && a->balance[i].slot == slot;
    if (token != NULL) {
        *token = found ? a->balance[i].token : TOKEN_UNKNOWN;
    }
    return found ? a->balance[i].amount : amount_zero();
}

struct record state_get(const struct state *s, account_id account, uint8_t slot) {
    if (slot == 0) {
        return *state_account(s, account);
    }
    token_id token;
    struct amount amount = state_balance(s, account, slot, &token);
    return record_balance(token, amount);
}

static bool reserve_balance(struct account *a) {
    if (a->n < a->cap) {
        return true;
    }
    uint16_t cap = a->cap == 0 ? 2 : (uint16_t)(a->cap * 2);
    struct balance *b = reallocarray(a->balance, cap, sizeof *b);
    if (b == NULL) {
        return false;
    }
    a->balance = b;
    a->cap = cap;
    return true;
}

/* Room was reserved. Returns the old record. */
static struct record set_balance(struct account *a, uint8_t slot, const struct record *r) {
    unsigned i = position(a, slot);
    bool found = i < a->n && a->balance[i].slot == slot;
    struct record old = record_empty();
    if (found) {
        old = record_balance(a->balance[i].token, a->balance[i].amount);
    }
    if (r->tag == RECORD_BALANCE) {
        if (!found) {
            memmove(&a->balance[i + 1], &a->balance[i], (a->n - i) * sizeof *a->balance);
            a->n++;
        }
        a->balance[i] = (struct balance){r->u.balance.amount, r->u.balance.token, slot};
    } else if (found) {
        memmove(&a->balance[i], &a->balance[i + 1], (a->n - i - 1u) * sizeof *a->balance);
        a->n--;
    }
    return old;
}

static struct record set_account(struct state *s, uint32_t p, const struct record *r) {
    struct account *a = &s->account[p - 1];
    struct record old = a->record;
    bool same = record_is_account(&old) && record_is_account(r) &&
                owner_eq(&old.u.account.owner, &r->u.account.owner);
    if (record_is_account(&old) && !same) {
        owner_unlink(s, p);
    }
    s->open += (r->tag != RECORD_EMPTY);
    s->open -= (old.tag != RECORD_EMPTY);
    a->record = *r;
    if (record_is_account(r) && !same) {
        owner_link(s, p);
    }
    return old;
}

bool state_put(struct state *s, account_id account, uint8_t slot, const struct record *r) {
    bool fits =
        slot == 0 ? r->tag != RECORD_BALANCE : r->tag == RECORD_EMPTY || r->tag == RECORD_BALANCE;
    if (!fits || account >= ACCOUNT_LIMIT) {
        return false;
    }
    if (s->n_undo == s->cap_undo) {
        size_t cap = s->cap_undo == 0 ? 256 : 2 * s->cap_undo;
        struct undo *undo = reallocarray(s->undo, cap, sizeof *undo);
        if (undo == NULL) {
            return false;
        }
        s->undo = undo;
        s->cap_undo = cap;
    }
    uint32_t p = obtain(s, account);
    if (p == 0 || (slot != 0 && !reserve_balance(&s->account[p - 1]))) {
        return false;
    }
    struct undo *u = &s->undo[s->n_undo++];
    u->account = account;
    u->slot = slot;
    u->record = slot == 0 ? set_account(s, p, r) : set_balance(&s->account[p - 1], slot, r);
    if (slot == 0 && r->tag != RECORD_EMPTY && account >= s->next_account) {
        s->next_account = account + 1;
    }
    return true;
}

uint8_t state_find_slot(const struct state *s, account_id account, token_id token) {
    const struct account *a = lookup(s, account);
    for (unsigned i = 0; a != NULL && i < a->n; i++) {
        if (a->balance[i].token == token) {
            return a->balance[i].slot;
        }
    }
    return 0;
}

uint8_t state_free_slot(const struct state *s, account_id account, const uint64_t skip[4]) {
    const struct account *a = lookup(s, account);
    unsigned i = 0;
    for (unsigned slot = 1; slot < SLOTS; slot++) {
        if (a != NULL && i < a->n && a->balance[i].slot == slot) {
            i++;
        } else if (skip == NULL || (skip[slot / 64] >> (slot % 64) & 1) == 0) {
            return (uint8_t)slot;
        }
    }
    return 0;
}

void state_each_balance(const struct state *s, account_id account,
                        bool (*f)(void *ctx, uint8_t slot, token_id token, struct amount amount),
                        void *ctx) {
    const struct account *a = lookup(s, account);
    for (unsigned i = 0; a != NULL && i < a->n; i++) {
        if (!f(ctx, a->balance[i].slot, a->balance[i].token, a->balance[i].amount)) {
            return;
        }
    }
}

void state_each_account(const struct state *s,
                        bool (*f)(void *ctx, account_id account, const struct record *record),
                        void *ctx) {
    for (uint32_t i = 0; i < s->n; i++) {
        const struct account *a = &s->account[i];
        if (a->record.tag != RECORD_EMPTY && !f(ctx, a->id, &a->record)) {
            return;
        }
    }
}

account_id state_owner_account(const struct state *s, const struct owner *owner, account_id after) {
    for (uint32_t p = s->by_owner[hash_owner(owner) & s->mask]; p != 0;
         p = s->account[p - 1].next_of_owner) {
        const struct account *a = &s->account[p - 1];
        if (a->id > after && owner_eq(&a->record.u.account.owner, owner)) {
            return a->id;
        }
    }
    return 0;
}

account_id state_next_account(const struct state *s) {
    return s->next_account;
}

size_t state_account_count(const struct state *s) {
    return s->open;
}

struct leaf_job {
    const struct state *s;
    const struct leaf_id *id;
    struct tree_leaf *leaf;
};

static void compute_leaves(void *ctx, size_t begin, size_t end) {
    const struct leaf_job *job = ctx;
    for (size_t i = begin; i < end; i++) {
        struct record r = state_get(job->s, job->id[i].account, job->id[i].slot);
        job->leaf[i].index = leaf_index(job->id[i].account, job->id[i].slot);
        record_leaf(&job->leaf[i].value, &r);
    }
}

void state_set_threads(struct state *s, unsigned threads) {
    s->threads = threads;
    tree_set_threads(s->tree, threads);
}

bool state_update_tree(struct state *s, const struct leaf_id *leaves, size_t n,
                       struct tree_trace *trace) {
    enum { PARALLEL_FROM = 64 };
    struct tree_leaf *leaf = calloc(n + 1, sizeof *leaf);
    if (leaf == NULL) {
        return false;
    }
    struct leaf_job job = {s, leaves, leaf};
    parallel_for(n < PARALLEL_FROM ? 1 : s->threads, n, compute_leaves, &job);
    bool ok = tree_update(s->tree, leaf, n, trace);
    free(leaf);
    return ok;
}

static int compare_leaf(const void *a, const void *b) {
    const struct leaf_id *x = a, *y = b;
    uint64_t i = leaf_index(x->account, x->slot), j = leaf_index(y->account, y->slot);
    return i < j ? -1 : i > j;
}

bool state_update_tree_all(struct state *s) {
    size_t n = 0;
    for (uint32_t i = 0; i < s->n; i++) {
        n += 1u + s->account[i].n;
    }
    struct leaf_id *leaf = calloc(n + 1, sizeof *leaf);
    if (leaf == NULL) {
        return false;
    }
    n = 0;
    for (uint32_t i = 0; i < s->n; i++) {
        const struct account *a = &s->account[i];
        leaf[n++] = (struct leaf_id){a->id, 0};
        for (unsigned k = 0; k < a->n; k++) {
            leaf[n++] = (struct leaf_id){a->id, a->balance[k].slot};
        }
    }
    qsort(leaf, n, sizeof *leaf, compare_leaf);
    bool ok = state_update_tree(s, leaf, n, NULL);
    free(leaf);
    return ok;
}

void state_root(const struct state *s, fr *out) {
    tree_root(s->tree, out);
}

const struct tree *state_tree(const struct state *s) {
    return s->tree;
}

struct state_mark state_mark(const struct state *s) {
    return (struct state_mark){s->n_undo, tree_mark(s->tree), s->next_account};
}

void state_rollback(struct state *s, struct state_mark m) {
    while (s->n_undo > m.journal) {
        const struct undo *u = &s->undo[--s->n_undo];
        uint32_t p = find(s, u->account);
        if (u->slot == 0) {
            (void)set_account(s, p, &u->record);
        } else {
            (void)set_balance(&s->account[p - 1], u->slot, &u->record);
        }
    }
    tree_rollback(s->tree, m.tree);
    s->next_account = m.next_account;
}

void state_forget(struct state *s) {
    s->n_undo = 0;
    tree_forget(s->tree);
}
