// The client's TLS rules: version 1.2 or newer, the peer's certificate and name always verified.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <string>

namespace ferry::http {

// Trusts the system's authorities or, when `ca_file` (PEM) is given, only those. Not readable: `problem` says why, in
// one line, and the context trusts nobody.
boost::asio::ssl::context make_tls_context(const std::string& ca_file, std::string& problem);

// Prepares one connection: server name indication for a name, and the check that the certificate is for `host`.
void expect_host(SSL* ssl, const std::string& host);

// Why a handshake failed, as far as OpenSSL knows: "certificate verify failed: hostname mismatch".
std::string explain_handshake(SSL* ssl, const boost::system::error_code& error);

}  // namespace ferry::http
