// Exchanges recorded from a real Vendure 3.7.3: golden/<case>/NN.request.json and NN.reply.http.
#pragma once

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "plugin/connector/connector.h"
#include "source_dir.h"  // generated

namespace ferry::vendure::test {

inline std::string read_golden(const std::string& name) {
  std::ifstream file(std::filesystem::path(kSourceDir) / "connectors/vendure/golden" / name);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

inline std::string golden_request(const std::string& step) {
  auto text = read_golden(step + ".request.json");
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

inline connector::HttpReply golden_reply(const std::string& step) {
  std::istringstream text(read_golden(step + ".reply.http"));
  connector::HttpReply reply;
  reply.request_was_sent = true;
  std::string line;
  std::getline(text, line);
  reply.status = line.empty() ? 0 : std::stoi(line);
  while (std::getline(text, line) && !line.empty()) {
    const auto colon = line.find(": ");
    reply.headers.emplace_back(line.substr(0, colon), line.substr(colon + 2));
  }
  std::getline(text, reply.body, '\0');
  return reply;
}

}  // namespace ferry::vendure::test
