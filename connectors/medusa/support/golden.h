// Exchanges recorded from a real Medusa 2.21.2: golden/<case>/NN.request.txt ("GET /target", then the body) and
// NN.reply.http.
#pragma once

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "plugin/connector/connector.h"
#include "source_dir.h"  // generated

namespace ferry::medusa::test {

inline std::string read_golden(const std::string& name) {
  std::ifstream file(std::filesystem::path(kSourceDir) / "connectors/medusa/golden" / name);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

inline std::string golden_request(const std::string& step) { return read_golden(step + ".request.txt"); }
// As a recorded one is written.
inline std::string written(const connector::HttpRequest& request) {
  return request.method + " " + request.target + "\n" + (request.body.empty() ? "" : request.body + "\n");
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

}  // namespace ferry::medusa::test
