// SPDX-License-Identifier: Apache-2.0
#include "fleet/engine.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <memory>

namespace stray {
namespace {

constexpr std::size_t kLargestAnswer = std::size_t{256} << 20;  // bytes of one shard

struct EasyDeleter {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct MultiDeleter {
  void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};
struct UrlDeleter {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};

struct Transfer {
  std::unique_ptr<CURL, EasyDeleter> easy;
  std::string body;
  CURLcode result = CURLE_OPERATION_TIMEDOUT;  // until it has ended
};

std::size_t append(char* data, std::size_t, std::size_t size, void* to) {
  auto& body = *static_cast<std::string*>(to);
  if (body.size() + size > kLargestAnswer) return 0;
  body.append(data, size);
  return size;
}

std::string without_password(const std::string& address) {
  const std::unique_ptr<CURLU, UrlDeleter> url(curl_url());
  char* text = nullptr;
  if (curl_url_set(url.get(), CURLUPART_URL, address.c_str(), 0) != CURLUE_OK ||
      curl_url_set(url.get(), CURLUPART_PASSWORD, nullptr, 0) != CURLUE_OK ||
      curl_url_get(url.get(), CURLUPART_URL, &text, 0) != CURLUE_OK)
    return "(no URL)";
  std::string out = text;
  curl_free(text);
  while (out.ends_with('/')) out.pop_back();
  return out;
}

// ClickHouse answers an error with another status than 200 and a line of text.
std::string error_of(const Transfer& transfer) {
  if (transfer.result != CURLE_OK) return curl_easy_strerror(transfer.result);
  long status = 0;
  curl_easy_getinfo(transfer.easy.get(), CURLINFO_RESPONSE_CODE, &status);
  return status == 200 ? "" : transfer.body.substr(0, transfer.body.find('\n'));
}

void begin(Transfer& transfer, const std::string& shard, const std::string& query,
           std::chrono::milliseconds at_most) {
  CURL* easy = transfer.easy.get();
  curl_easy_setopt(easy, CURLOPT_URL, shard.c_str());
  curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, static_cast<long>(query.size()));
  curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, query.c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(at_most.count()));
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, append);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &transfer.body);
}

void run_all(CURLM* multi, std::vector<Transfer>& transfers) {
  for (int running = 1; running > 0;) {
    if (curl_multi_perform(multi, &running) != CURLM_OK) break;
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi, &left))
      for (Transfer& one : transfers)
        if (message->msg == CURLMSG_DONE && one.easy.get() == message->easy_handle)
          one.result = message->data.result;
    if (running > 0) curl_multi_poll(multi, nullptr, 0, 1000, nullptr);
  }
}

std::vector<std::string> lines_in(const std::string& body) {
  std::vector<std::string> out;
  for (std::size_t at = 0, end; at < body.size(); at = end + 1) {
    end = std::min(body.find('\n', at), body.size());
    if (end > at) out.push_back(body.substr(at, end - at));
  }
  return out;
}

}  // namespace

std::vector<ShardAnswer> ask_shards(const std::vector<std::string>& shards, const std::string& query,
                                    std::chrono::milliseconds at_most) {
  curl_global_init(CURL_GLOBAL_DEFAULT);
  std::vector<Transfer> transfers(shards.size());
  const std::unique_ptr<CURLM, MultiDeleter> multi(curl_multi_init());
  const std::string text = query + " FORMAT JSONEachRow";
  for (std::size_t i = 0; i < shards.size(); ++i) {
    transfers[i].easy.reset(curl_easy_init());
    begin(transfers[i], shards[i], text, at_most);
    curl_multi_add_handle(multi.get(), transfers[i].easy.get());
  }
  run_all(multi.get(), transfers);
  std::vector<ShardAnswer> out;
  for (std::size_t i = 0; i < shards.size(); ++i) {
    ShardAnswer one{without_password(shards[i]), {}, error_of(transfers[i])};
    if (one.error.empty()) one.rows = lines_in(transfers[i].body);
    out.push_back(std::move(one));
    curl_multi_remove_handle(multi.get(), transfers[i].easy.get());
  }
  return out;
}

std::string sql_quote(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\')
      (out += '\\') += c;
    else if (c == '\0')
      out += "\\0";
    else
      out += c;
  }
  return out + "'";
}

std::string sql_pattern(std::string_view pattern) {
  std::string out;
  const bool whole = pattern.find_first_of("*?") != std::string_view::npos;
  for (const char c : pattern) {
    if (c == '*')
      out += '%';
    else if (c == '?')
      out += '_';
    else if (c == '%' || c == '_' || c == '\\')
      (out += '\\') += c;
    else
      out += c;
  }
  return whole ? out : "%" + out + "%";
}

}  // namespace stray
