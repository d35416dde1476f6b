#include "store/db.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    MAX_STATEMENTS = 160,
    BUSY_MS = 20000,
    APPLICATION_ID = 0x7a6b6c6b, /* "zklk" */
};

struct db_stmt {
    struct db *db;
    const char *sql;
    sqlite3_stmt *stmt;
    bool bad_bind;
};

struct db {
    sqlite3 *handle;
    char *path;
    size_t n;
    struct db_stmt stmt[MAX_STATEMENTS];
};

static int fail(struct db *db, const char *what, struct err *err) {
    int rc = sqlite3_errcode(db->handle) & 0xff;
    bool damaged = rc == SQLITE_CORRUPT || rc == SQLITE_NOTADB;
    return err_set(err, damaged ? ERR_CORRUPT : ERR_SYSTEM, "database %s: %s: %s", db->path, what,
                   sqlite3_errmsg(db->handle));
}

static int run_sql(struct db *db, const char *sql, struct err *err) {
    return sqlite3_exec(db->handle, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : fail(db, sql, err);
}

/* The first column of the first row of a query without parameters. */
static int query_i64(struct db *db, const char *sql, int64_t *v, struct err *err) {
    sqlite3_stmt *s = NULL;
    int rc = -1;
    if (sqlite3_prepare_v2(db->handle, sql, -1, &s, NULL) == SQLITE_OK &&
        sqlite3_step(s) == SQLITE_ROW) {
        *v = sqlite3_column_int64(s, 0);
        rc = 0;
    } else {
        fail(db, sql, err);
    }
    sqlite3_finalize(s);
    return rc;
}

static int check_whole(struct db *db, struct err *err) {
    sqlite3_stmt *s = NULL;
    int rc = -1;
    if (sqlite3_prepare_v2(db->handle, "PRAGMA quick_check(1)", -1, &s, NULL) != SQLITE_OK ||
        sqlite3_step(s) != SQLITE_ROW) {
        fail(db, "check", err);
    } else {
        const char *text = (const char *)sqlite3_column_text(s, 0);
        rc = text != NULL && strcmp(text, "ok") == 0
                 ? 0
                 : err_set(err, ERR_CORRUPT, "database %s is damaged: %.200s", db->path,
                           text != NULL ? text : "no detail");
    }
    sqlite3_finalize(s);
    return rc;
}

static int migrate(struct db *db, const char *const *migrations, size_t n, struct err *err) {
    char sql[64];
    int64_t version, id, tables;
    if (run_sql(db, "BEGIN IMMEDIATE", err) != 0) {
        return -1;
    }
    if (query_i64(db, "PRAGMA user_version", &version, err) != 0 ||
        query_i64(db, "PRAGMA application_id", &id, err) != 0 ||
        query_i64(db, "SELECT count(*) FROM sqlite_master", &tables, err) != 0) {
        goto failed;
    }
    if (tables > 0 && id != APPLICATION_ID) {
        err_set(err, ERR_CORRUPT, "database %s was not made by this program", db->path);
        goto failed;
    }
    if (version < 0 || (size_t)version > n) {
        err_set(err, ERR_MISMATCH, "database %s has schema %lld; this program knows up to %zu",
                db->path, (long long)version, n);
        goto failed;
    }
    for (size_t v = (size_t)version; v < n; v++) {
        if (run_sql(db, migrations[v], err) != 0) {
            goto failed;
        }
    }
    if ((size_t)version < n) {
        snprintf(sql, sizeof sql, "PRAGMA user_version = %zu", n);
        if (run_sql(db, sql, err) != 0) {
            goto failed;
        }
        snprintf(sql, sizeof sql, "PRAGMA application_id = %d", APPLICATION_ID);
        if (run_sql(db, sql, err) != 0) {
            goto failed;
        }
    }
    return run_sql(db, "COMMIT", err);
failed:
    db_rollback(db);
    return -1;
}

struct db *db_open(const char *path, const char *const *migrations, size_t n_migrations, bool quick,
                   struct err *err) {
    struct db *db = calloc(1, sizeof *db);
    if (db == NULL || (db->path = strdup(path)) == NULL) {
        free(db);
        err_set(err, ERR_SYSTEM, "out of memory");
        return NULL;
    }
    int rc = sqlite3_open_v2(
        path, &db->handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
    if (rc != SQLITE_OK) {
        err_set(err, ERR_SYSTEM, "database %s: %s", path, sqlite3_errstr(rc));
        db_close(db);
        return NULL;
    }
    sqlite3_extended_result_codes(db->handle, 1);
    sqlite3_busy_timeout(db->handle, BUSY_MS);
    if (run_sql(db, "PRAGMA journal_mode = WAL", err) != 0 ||
        run_sql(db, "PRAGMA synchronous = FULL", err) != 0 ||
        run_sql(db, "PRAGMA foreign_keys = ON", err) != 0 ||
        (!quick && check_whole(db, err) != 0) || migrate(db, migrations, n_migrations, err) != 0) {
        db_close(db);
        return NULL;
    }
    return db;
}

void db_close(struct db *db) {
    if (db != NULL) {
        for (size_t i = 0; i < db->n; i++) {
            sqlite3_finalize(db->stmt[i].stmt);
        }
        sqlite3_close(db->handle);
        free(db->path);
        free(db);
    }
}

int db_begin(struct db *db, struct err *err) {
    return run_sql(db, "BEGIN IMMEDIATE", err);
}

int db_commit(struct db *db, struct err *err) {
    return run_sql(db, "COMMIT", err);
}

void db_rollback(struct db *db) {
    sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
}

struct db_stmt *db_stmt(struct db *db, const char *sql, struct err *err) {
    for (size_t i = 0; i < db->n; i++) {
        struct db_stmt *s = &db->stmt[i];
        if (s->sql == sql) {
            sqlite3_reset(s->stmt);
            sqlite3_clear_bindings(s->stmt);
            s->bad_bind = false;
            return s;
        }
    }
    if (db->n == MAX_STATEMENTS) {
        err_set(err, ERR_SYSTEM, "database: too many statements");
        return NULL;
    }
    struct db_stmt *s = &db->stmt[db->n];
    *s = (struct db_stmt){.db = db, .sql = sql};
    if (sqlite3_prepare_v3(db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &s->stmt, NULL) !=
        SQLITE_OK) {
        fail(db, sql, err);
        return NULL;
    }
    db->n++;
    return s;
}

static void note_bind(struct db_stmt *s, int rc) {
    s->bad_bind |= rc != SQLITE_OK;
}

void db_bind_i64(struct db_stmt *s, int position, int64_t v) {
    note_bind(s, sqlite3_bind_int64(s->stmt, position, v));
}

void db_bind_u64(struct db_stmt *s, int position, uint64_t v) {
    s->bad_bind |= v > INT64_MAX;
    db_bind_i64(s, position, (int64_t)(v & INT64_MAX));
}

void db_bind_blob(struct db_stmt *s, int position, const void *data, size_t len) {
    note_bind(s, len > 0 ? sqlite3_bind_blob64(s->stmt, position, data, len, SQLITE_TRANSIENT)
                         : sqlite3_bind_zeroblob(s->stmt, position, 0));
}

void db_bind_text(struct db_stmt *s, int position, const char *text) {
    note_bind(s, sqlite3_bind_text(s->stmt, position, text, -1, SQLITE_TRANSIENT));
}

int db_row(struct db_stmt *s, struct err *err) {
    if (s->bad_bind) {
        return err_set(err, ERR_SYSTEM, "database: a value cannot be stored (%s)", s->sql);
    }
    int rc = sqlite3_step(s->stmt);
    if (rc == SQLITE_ROW) {
        return 1;
    }
    if (rc != SQLITE_DONE) {
        fail(s->db, s->sql, err);
    }
    sqlite3_reset(s->stmt);
    return rc == SQLITE_DONE ? 0 : -1;
}

int db_run(struct db_stmt *s, struct err *err) {
    int rc = db_row(s, err);
    if (rc == 1) {
        db_end(s);
        rc = 0;
    }
    return rc;
}

void db_end(struct db_stmt *s) {
    sqlite3_reset(s->stmt);
}

static int find(struct db_stmt *s, const char *column) {
    int n = sqlite3_column_count(s->stmt);
    for (int i = 0; i < n; i++) {
        if (strcmp(sqlite3_column_name(s->stmt, i), column) == 0) {
            return i;
        }
    }
    return n; /* SQLite reads columns that are not there as null */
}

int64_t db_i64(struct db_stmt *s, const char *column) {
    return sqlite3_column_int64(s->stmt, find(s, column));
}

uint64_t db_u64(struct db_stmt *s, const char *column) {
    int64_t v = db_i64(s, column);
    return v < 0 ? 0 : (uint64_t)v;
}

bool db_is_null(struct db_stmt *s, const char *column) {
    return sqlite3_column_type(s->stmt, find(s, column)) == SQLITE_NULL;
}

const void *db_blob(struct db_stmt *s, const char *column, size_t *len) {
    int i = find(s, column);
    const void *data = sqlite3_column_blob(s->stmt, i);
    *len = (size_t)sqlite3_column_bytes(s->stmt, i);
    return data;
}

const char *db_text(struct db_stmt *s, const char *column) {
    const unsigned char *text = sqlite3_column_text(s->stmt, find(s, column));
    return text != NULL ? (const char *)text : "";
}

int db_bytes(struct db_stmt *s, const char *column, void *out, size_t len, struct err *err) {
    size_t n;
    const void *data = db_blob(s, column, &n);
    if (n != len) {
        return err_set(err, ERR_CORRUPT, "database %s: column %s has %zu bytes instead of %zu",
                       s->db->path, column, n, len);
    }
    if (len > 0) {
        memcpy(out, data, len);
    }
    return 0;
}

int64_t db_last_id(struct db *db) {
    return sqlite3_last_insert_rowid(db->handle);
}

int64_t db_changes(struct db *db) {
    return sqlite3_changes64(db->handle);
}

int db_copy_blob(struct db_stmt *q, const char *column, struct buf *out, struct err *err) {
    size_t n;
    const void *data = db_blob(q, column, &n);
    out->len = 0;
    buf_append(out, data, n);
    return out->failed ? err_set(err, ERR_SYSTEM, "out of memory") : 0;
}
