// SPDX-License-Identifier: Apache-2.0
// An SQLite database being filled: one connection, one transaction, bound parameters only. The only code that
// includes sqlite3.h. Every failure throws DatabaseError with the name of the file and what SQLite says.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

struct sqlite3;
struct sqlite3_stmt;

namespace stray {

struct DatabaseError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class Database {
 public:
  // Text that is no UTF-8 is the caller's to mend: SQLite keeps it as it is.
  using Value = std::variant<std::nullptr_t, std::int64_t, std::string_view>;

  // The file exists and is empty, or does not exist. Nothing of it is on disk for sure before commit().
  explicit Database(const std::string& path);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  void execute(const char* statements);  // several, without parameters
  // `statement` is a literal: it is compiled once. Texts are not copied; they live until the call returns.
  void insert(const char* statement, const std::vector<Value>& values);
  void commit();  // ends the transaction that the constructor began

 private:
  void check(int result) const;

  std::string path_;
  sqlite3* handle_ = nullptr;
  std::map<const char*, sqlite3_stmt*> compiled_;
};

}  // namespace stray
