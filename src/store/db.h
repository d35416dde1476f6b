/* A thin layer over a SQL database: prepared statements, parameters by position, columns by name,
 * append-only migrations. The one driver is SQLite (WAL, synchronous FULL: a commit that returned
 * survives a crash of the machine). A handle belongs to one thread at a time; each thread that
 * needs the database at once opens its own. */
#ifndef ZKLINK_STORE_DB_H
#define ZKLINK_STORE_DB_H

#include "base/bytes.h"
#include "base/err.h"

struct db;
struct db_stmt;

/* Opens or creates the file, checks that it is one of ours and whole (unless quick), and brings it
 * to the newest schema: migrations[v] leads from version v to v + 1. ERR_CORRUPT if the file is
 * damaged or not ours, ERR_MISMATCH if a newer program wrote it. */
struct db *db_open(const char *path, const char *const *migrations, size_t n_migrations, bool quick,
                   struct err *err);
void db_close(struct db *db);

/* Transactions; no nesting. Rollback never fails in a way that matters. */
int db_begin(struct db *db, struct err *err);
int db_commit(struct db *db, struct err *err);
void db_rollback(struct db *db);

/* The prepared statement of a string literal: it is kept and found again by the literal's address.
 * NULL and err if it cannot be prepared. Parameters keep no value from the last use. */
struct db_stmt *db_stmt(struct db *db, const char *sql, struct err *err);
void db_bind_i64(struct db_stmt *s, int position, int64_t v);  /* positions from 1 */
void db_bind_u64(struct db_stmt *s, int position, uint64_t v); /* above 2^63 - 1 fails at db_row */
void db_bind_blob(struct db_stmt *s, int position, const void *data, size_t len);
void db_bind_text(struct db_stmt *s, int position, const char *text);
/* 1: there is a row; 0: no (more) rows, statement ended; -1: error, statement ended. */
int db_row(struct db_stmt *s, struct err *err);
/* For statements without rows: 0 or -1. */
int db_run(struct db_stmt *s, struct err *err);
/* Ends a statement before its last row. */
void db_end(struct db_stmt *s);

/* Columns of the current row; a missing name is a bug of ours and reads as null. Pointers are valid
 * until the next db_row or db_end. */
int64_t db_i64(struct db_stmt *s, const char *column);
uint64_t db_u64(struct db_stmt *s, const char *column);
bool db_is_null(struct db_stmt *s, const char *column);
const void *db_blob(struct db_stmt *s, const char *column, size_t *len);
const char *db_text(struct db_stmt *s, const char *column);
/* A blob of exactly len bytes; ERR_CORRUPT otherwise. */
int db_bytes(struct db_stmt *s, const char *column, void *out, size_t len, struct err *err);

/* Replaces a buffer's content; -1 if memory runs out. */
int db_copy_blob(struct db_stmt *s, const char *column, struct buf *out, struct err *err);

int64_t db_last_id(struct db *db);
int64_t db_changes(struct db *db);

#endif
