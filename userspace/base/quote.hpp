// SPDX-License-Identifier: Apache-2.0
// Untrusted text as one word of another language. What a language cannot hold is nothing, never something
// near to it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace stray {

// One word of a POSIX shell with exactly these bytes (no NUL, as ever in argv): quoted where the shell would
// read more into it. Control characters stay: what is for people goes through printable() first.
std::string shell_quote(std::string_view text);

// The same without quotes where a shell reads nothing into the word, so that people can read it.
std::string shell_word(std::string_view text);

// A string literal of JavaScript; nothing for bytes that are not UTF-8.
std::optional<std::string> js_quote(std::string_view text);

// One argument of ExecStart=, with % and $ kept as they are; nothing for bytes that are not UTF-8.
std::optional<std::string> systemd_argument(std::string_view text);

// The path of ExecStart='s program: `$` is not doubled there, and stays out. Absolute paths only.
std::optional<std::string> systemd_program(std::string_view path);

// The whole value of a setting that systemd does not unquote (WorkingDirectory=): nothing where white space
// at its ends, a control character or a backslash at the end would change it. Absolute paths only.
std::optional<std::string> systemd_path(std::string_view path);

// For names of files, units and PM2 apps: letters, digits, "-", "_" and "." alone, at most 64, not beginning
// with "." or "-"; "app" where nothing is left.
std::string plain_name(std::string_view text);

}  // namespace stray
