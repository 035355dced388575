// SPDX-License-Identifier: Apache-2.0
#include "export/database.hpp"

#include <sqlite3.h>

namespace stray {

Database::Database(const std::string& path) : path_(path) {
  check(::sqlite3_open_v2(path.c_str(), &handle_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr));
  // A new file that is thrown away when anything fails needs no way back.
  execute("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE; BEGIN");
}

Database::~Database() {
  for (const auto& [text, statement] : compiled_) ::sqlite3_finalize(statement);
  ::sqlite3_close(handle_);
}

void Database::check(int result) const {
  if (result == SQLITE_OK || result == SQLITE_DONE || result == SQLITE_ROW) return;
  throw DatabaseError(path_ + ": " + (handle_ ? ::sqlite3_errmsg(handle_) : ::sqlite3_errstr(result)));
}

void Database::execute(const char* statements) {
  check(::sqlite3_exec(handle_, statements, nullptr, nullptr, nullptr));
}

void Database::insert(const char* text, const std::vector<Value>& values) {
  sqlite3_stmt*& statement = compiled_[text];
  if (!statement) check(::sqlite3_prepare_v2(handle_, text, -1, &statement, nullptr));
  int place = 0;
  for (const Value& value : values) {
    ++place;
    if (const auto* number = std::get_if<std::int64_t>(&value))
      check(::sqlite3_bind_int64(statement, place, *number));
    else if (const auto* string = std::get_if<std::string_view>(&value))
      check(::sqlite3_bind_text64(statement, place, string->data(), string->size(), SQLITE_STATIC,
                                  SQLITE_UTF8));
    else
      check(::sqlite3_bind_null(statement, place));
  }
  const int result = ::sqlite3_step(statement);
  ::sqlite3_reset(statement);
  check(result);
}

void Database::commit() { execute("COMMIT"); }

}  // namespace stray
