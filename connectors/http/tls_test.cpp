#include "connectors/http/tls.h"

#include <gmock/gmock.h>

#include "connectors/http/support/ask.h"
#include "connectors/http/support/test_certificates.h"
#include "connectors/http/support/test_server.h"

namespace ferry::http {
namespace {

using namespace test;
using testing::HasSubstr;
using testing::StartsWith;

class HttpTls : public testing::Test {
 protected:
  static boost::asio::ssl::context server_context(const Identity& identity) {
    boost::asio::ssl::context context(boost::asio::ssl::context::tls_server);
    const auto certificate = identity.certificate_pem(), key = identity.key_pem();
    context.use_certificate_chain(boost::asio::buffer(certificate));
    context.use_private_key(boost::asio::buffer(key), boost::asio::ssl::context::pem);
    return context;
  }
  static TestServer::Answer fine(const Request&) { return {reply("secret")}; }
  Settings settings_for(const std::string& url) const {
    Settings settings;
    settings.base_url = url;
    settings.ca_file = ca_file_.path();
    return settings;
  }

  Identity authority_{"Ferry test authority"};
  Identity portal_{"portal", &authority_, "DNS:localhost,IP:127.0.0.1"};
  TemporaryFile ca_file_{authority_.certificate_pem()};
};

TEST_F(HttpTls, AcceptsAPortalWhoseCertificateThePinnedAuthoritySigned) {
  auto tls = server_context(portal_);
  TestServer server(fine, TestServer::Speaks::tls, &tls);
  for (const auto* host : {"localhost", "127.0.0.1"}) {
    Client client(settings_for(server.url(host)));
    const auto got = ask(client, post("{}"));
    EXPECT_EQ(got.body, "secret") << host << ": " << got.error;
    EXPECT_EQ(ask(client, post("{}")).status, 200);
  }
  EXPECT_EQ(server.accepted(), 2);  // one connection each, used twice
}

TEST_F(HttpTls, NamesThePortalItWants) {
  auto tls = server_context(portal_);
  std::string name;
  SSL_CTX_set_tlsext_servername_callback(
      tls.native_handle(), +[](SSL* ssl, int*, void* into) {
        if (const char* wanted = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name))
          *static_cast<std::string*>(into) = wanted;
        return SSL_TLSEXT_ERR_OK;
      });
  SSL_CTX_set_tlsext_servername_arg(tls.native_handle(), &name);
  TestServer server(fine, TestServer::Speaks::tls, &tls);
  Client client(settings_for(server.url("localhost")));
  EXPECT_EQ(ask(client, get()).status, 200);
  EXPECT_EQ(name, "localhost");
}

TEST_F(HttpTls, RefusesACertificateOfAnUnknownAuthority) {
  auto tls = server_context(portal_);
  TestServer server(fine, TestServer::Speaks::tls, &tls);
  auto settings = settings_for(server.url("localhost"));
  settings.ca_file.clear();
  Client client(settings);
  const auto got = ask(client, post("{}"));
  EXPECT_EQ(got.status, 0);
  EXPECT_FALSE(got.request_was_sent);
  EXPECT_THAT(got.error, StartsWith("tls: certificate verify failed: "));
}

TEST_F(HttpTls, TrustsThePinnedAuthorityAlone) {
  const Identity other("Another authority");
  const Identity imposter("portal", &other, "DNS:localhost");
  auto tls = server_context(imposter);
  TestServer server(fine, TestServer::Speaks::tls, &tls);
  Client client(settings_for(server.url("localhost")));
  EXPECT_THAT(ask(client, get()).error, StartsWith("tls: certificate verify failed: "));
}

TEST_F(HttpTls, RefusesACertificateForAnotherHost) {
  const Identity other("other", &authority_, "DNS:other.example.com");
  auto tls = server_context(other);
  TestServer server(fine, TestServer::Speaks::tls, &tls);
  Client by_name(settings_for(server.url("localhost")));
  EXPECT_EQ(ask(by_name, get()).error, "tls: certificate verify failed: hostname mismatch (localhost)");
  Client by_address(settings_for(server.url("127.0.0.1")));
  EXPECT_EQ(ask(by_address, get()).error, "tls: certificate verify failed: IP address mismatch (127.0.0.1)");
}

TEST_F(HttpTls, RefusesAProtocolOlderThanTls12) {
  auto tls = server_context(portal_);
  SSL_CTX_set_security_level(tls.native_handle(), 0);
  SSL_CTX_set_min_proto_version(tls.native_handle(), TLS1_VERSION);
  SSL_CTX_set_max_proto_version(tls.native_handle(), TLS1_1_VERSION);
  TestServer server(fine, TestServer::Speaks::tls, &tls);
  Client client(settings_for(server.url("localhost")));
  EXPECT_THAT(ask(client, get()).error, StartsWith("tls: "));
}

TEST_F(HttpTls, SaysWhichFileCannotBeRead) {
  Settings settings;
  settings.base_url = "https://localhost";
  settings.ca_file = "/no/such.pem";
  Client client(settings);
  EXPECT_THAT(ask(client, get()).error,
              StartsWith("setting ca_file: '/no/such.pem' cannot be read as PEM certificates"));
}

TEST_F(HttpTls, ReachesThePortalThroughAProxyTunnel) {
  auto tls = server_context(portal_);
  std::string tunnelled;
  TestServer proxy(
      [&](const Request& request) {
        if (request.method_string() != "CONNECT") return fine(request);
        tunnelled = std::string(request.target());
        return TestServer::Answer{"HTTP/1.1 200 Connection established\r\n\r\n"};
      },
      TestServer::Speaks::connect_then_tls, &tls);
  auto settings = settings_for("https://localhost");
  settings.proxy = proxy.url();
  Client client(settings);
  const auto got = ask(client, get());
  EXPECT_EQ(got.body, "secret") << got.error;
  EXPECT_EQ(tunnelled, "localhost:443");
}

TEST_F(HttpTls, SaysWhatTheProxyAnswered) {
  TestServer proxy(
      [](const Request&) { return TestServer::Answer{reply("", "", "407 Proxy Authentication Required")}; });
  auto settings = settings_for("https://portal.invalid");
  settings.proxy = proxy.url();
  Client client(settings);
  const auto got = ask(client, post("{}"));
  EXPECT_EQ(got.error, "proxy: answered 407 to CONNECT portal.invalid:443");
  EXPECT_FALSE(got.request_was_sent);
}

TEST_F(HttpTls, GivesUpOnAHandshakeThatNeverEnds) {
  TestServer server({}, TestServer::Speaks::nothing);
  auto settings = settings_for("https://localhost:" + std::to_string(server.port()));
  settings.connect_timeout = std::chrono::milliseconds(100);
  Client client(settings);
  EXPECT_EQ(ask(client, get()).error, "tls: timed out");
}

}  // namespace
}  // namespace ferry::http
