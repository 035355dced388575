// SPDX-License-Identifier: Apache-2.0
#include "notify/http.hpp"

#include <curl/curl.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <stdexcept>

#include "base/descriptor.hpp"
#include "base/quote.hpp"
#include "base/words.hpp"

namespace stray {
namespace {

constexpr std::size_t kLargestAnswer = 64u << 10, kLargestHeaders = 16u << 10;

struct EasyDeleter {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct ListDeleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using Headers = std::unique_ptr<curl_slist, ListDeleter>;

void add(Headers& headers, const std::string& line) {
  if (curl_slist* longer = curl_slist_append(headers.get(), line.c_str()))
    (void)headers.release(), headers.reset(longer);
}

// Nobody needs the answer's body; one without an end is cut off.
std::size_t forget(char*, std::size_t, std::size_t size, void* seen) {
  std::size_t& total = *static_cast<std::size_t*>(seen);
  return (total += size) > kLargestAnswer ? 0 : size;
}

int progress(void* give_up, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  const auto& asked = *static_cast<const std::function<bool()>*>(give_up);
  return asked && asked() ? 1 : 0;
}

void set(CURL* easy, const NotifyTarget& target, const std::string& url, const std::string& body) {
  const bool plain = url.starts_with("http://");
  curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, plain ? "http" : "https");
  if (plain) curl_easy_setopt(easy, CURLOPT_PROXY, "");  // what is not encrypted goes through no other host
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
  if (!target.ca_file.empty()) {
    curl_easy_setopt(easy, CURLOPT_CAINFO, target.ca_file.c_str());
    curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);
  }
  curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
  curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body.c_str());
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(target.timeout.count() / 1'000'000));
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_USERAGENT, "stray");
}

}  // namespace

void http_init() { curl_global_init(CURL_GLOBAL_DEFAULT); }

std::vector<std::string> header_lines(const std::string& path) {
  const auto fail = [&](const std::string& why) { throw std::runtime_error(path + ": " + why); };
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat info {};
  if (!file || ::fstat(file.get(), &info) != 0) fail(std::strerror(errno));
  if (!S_ISREG(info.st_mode)) fail("not a regular file");
  if (info.st_uid != ::geteuid() && info.st_uid != 0)
    fail("it belongs to uid " + std::to_string(info.st_uid));
  if (info.st_mode & (S_IRWXG | S_IRWXO))
    fail("others than its owner may read or write it; run: chmod 0600 " + shell_quote(path));
  std::string text(kLargestHeaders + 1, '\0');
  const ssize_t got = ::read(file.get(), text.data(), text.size());
  if (got < 0) fail(std::strerror(errno));
  if (static_cast<std::size_t>(got) > kLargestHeaders) fail("larger than 16 KiB");
  text.resize(static_cast<std::size_t>(got));
  std::vector<std::string> out;
  for (std::string_view line : split(text, '\n')) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) continue;
    const auto colon = line.find(':');
    if (colon == 0 || colon == std::string_view::npos ||
        line.find_first_of(std::string_view("\r\0", 2)) != line.npos ||
        line.substr(0, colon).find_first_of(" \t") != line.npos)
      fail("a line is no header, as \"Authorization: Bearer TOKEN\" is");
    out.emplace_back(line);
  }
  if (out.empty()) fail("no headers in it");
  return out;
}

HttpAnswer http_post(const NotifyTarget& target, const std::string& url, const std::string& body,
                     const std::function<bool()>& give_up) {
  HttpAnswer out;
  Headers headers;
  add(headers, "Content-Type: application/json");
  add(headers, "Expect:");
  try {
    if (!target.header_file.empty())
      for (const std::string& line : header_lines(target.header_file)) add(headers, line);
  } catch (const std::runtime_error& error) {
    out.error = error.what();
    return out;
  }
  const std::unique_ptr<CURL, EasyDeleter> easy(curl_easy_init());
  if (!easy) {
    out.error = "no memory";
    return out;
  }
  std::size_t seen = 0;
  set(easy.get(), target, url, body);
  curl_easy_setopt(easy.get(), CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(easy.get(), CURLOPT_WRITEFUNCTION, forget);
  curl_easy_setopt(easy.get(), CURLOPT_WRITEDATA, &seen);
  curl_easy_setopt(easy.get(), CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(easy.get(), CURLOPT_XFERINFOFUNCTION, progress);
  curl_easy_setopt(easy.get(), CURLOPT_XFERINFODATA, const_cast<void*>(static_cast<const void*>(&give_up)));
  const CURLcode result = curl_easy_perform(easy.get());
  if (result != CURLE_OK && !(result == CURLE_WRITE_ERROR && seen > kLargestAnswer)) {
    out.error = curl_easy_strerror(result);
    return out;
  }
  curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &out.status);
  curl_off_t wait = 0;
  curl_easy_getinfo(easy.get(), CURLINFO_RETRY_AFTER, &wait);
  out.retry_after = std::chrono::seconds(wait);
  return out;
}

}  // namespace stray
