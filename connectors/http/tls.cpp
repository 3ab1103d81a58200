#include "connectors/http/tls.h"

#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <boost/asio/ip/address.hpp>

namespace ferry::http {
namespace asio = boost::asio;

asio::ssl::context make_tls_context(const std::string& ca_file, std::string& problem) {
  asio::ssl::context context(asio::ssl::context::tls_client);
  SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION);
  context.set_verify_mode(asio::ssl::verify_peer);
  boost::system::error_code error;
  if (ca_file.empty()) {
    context.set_default_verify_paths(error);
    if (error) problem = "the system's certificate authorities cannot be read: " + error.message();
  } else {
    context.load_verify_file(ca_file, error);
    if (error) problem = "setting ca_file: '" + ca_file + "' cannot be read as PEM certificates: " + error.message();
  }
  return context;
}

void expect_host(SSL* ssl, const std::string& host) {
  boost::system::error_code error;
  asio::ip::make_address(host, error);
  if (!error) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str());
    return;
  }
  SSL_set1_host(ssl, host.c_str());
  SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, const_cast<char*>(host.c_str()));
}

std::string explain_handshake(SSL* ssl, const boost::system::error_code& error) {
  const long result = SSL_get_verify_result(ssl);
  if (result == X509_V_OK) return error.message();
  return std::string("certificate verify failed: ") + X509_verify_cert_error_string(result);
}

}  // namespace ferry::http
