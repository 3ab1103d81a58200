#include "host-api/hosts/console/configuration.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

namespace ferry::console {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Pair;
using testing::UnorderedElementsAre;

constexpr fs::perms kPrivate = fs::perms::owner_read | fs::perms::owner_write | fs::perms::group_read;

struct ConfigurationTest : testing::Test {
  ConfigurationTest() { fs::create_directories(folder); }
  ~ConfigurationTest() override { fs::remove_all(folder); }
  fs::path write(const std::string& name, const std::string& text, fs::perms permissions = kPrivate) {
    std::ofstream(folder / name) << text;
    fs::permissions(folder / name, permissions);
    return folder / name;
  }
  fs::path folder = fs::path(testing::TempDir()) / testing::UnitTest::GetInstance()->current_test_info()->name();
};

TEST_F(ConfigurationTest, TrytonsFileGivesTheSameSettingsAsTheServer) {
  const auto read =
      read_configuration(write("trytond.conf",
                               "[database]\nuri = postgresql://tryton:pw@localhost:5432/\n[ferry]\n"
                               "secret.vendure = s3\nlibrary = /x/ferry.so\nhost.user = 3\nonly = 7/stock, 8\n"
                               "connections = 6\n"),
                         "company", "");
  ASSERT_TRUE(read) << read.error().reason;
  EXPECT_EQ(settings_json(*read, ""),
            R"({"connections":"6",)"
            R"("database":"Driver=PostgreSQL ANSI;Servername=localhost;Port=5432;Database=company;UID=tryton",)"
            R"("database_password":"database",)"
            R"("notify":"host='localhost' port='5432' dbname='company' user='tryton'","only":["7/stock","8"]})");
  EXPECT_EQ(read->library, "/x/ferry.so");
  EXPECT_EQ(read->secrets.find("database").value(), "pw");
  EXPECT_EQ(read->secrets.find("vendure").value(), "s3");
  EXPECT_EQ(read->secrets.find("other").value(), std::nullopt);
}

TEST_F(ConfigurationTest, LanesOfTheCommandLineWin) {
  const auto read = read_configuration(write("f.conf", "[ferry]\ndatabase = D\nnotify =\nonly = 7\n"), "", "");
  ASSERT_TRUE(read);
  EXPECT_THAT(settings_json(*read, "9/intake"), HasSubstr(R"("only":["9/intake"])"));
}

TEST_F(ConfigurationTest, ADatabaseUriNeedsADatabase) {
  const fs::path file = write("f.conf", "[database]\nuri = postgresql://localhost/\n");
  EXPECT_THAT(read_configuration(file, "", "").error().reason, HasSubstr("say which database with -d NAME"));
}

TEST_F(ConfigurationTest, TheEnvironmentsUriCountsWhereTheFileHasNone) {
  const auto read = read_configuration(write("f.conf", "[ferry]\n"), "company", "postgresql://h/");
  ASSERT_TRUE(read);
  EXPECT_THAT(read->settings,
              UnorderedElementsAre(Pair("database", "Driver=PostgreSQL ANSI;Servername=h;Database=company"),
                                   Pair("notify", "host='h' dbname='company'")));
}

TEST_F(ConfigurationTest, AnOptionOfFerryWinsOverTheUri) {
  const auto read = read_configuration(
      write("f.conf", "[database]\nuri = postgresql://u:pw@h/\n[ferry]\ndatabase = DSN=x\ndatabase_password = mine\n"),
      "c", "");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->settings.at("database"), "DSN=x");
  EXPECT_EQ(read->settings.at("notify"), "host='h' dbname='c' user='u'");
  EXPECT_EQ(read->settings.at("database_password"), "mine");
}

TEST_F(ConfigurationTest, JsonHoldsTheSame) {
  const auto read =
      read_configuration(write("f.json", R"({"database": "DSN=x", "only": ["7", "8/stock"], "connections": 6,
      "secrets": {"database": "pw"}, "secret_files": {"portal": "/p"}, "library": "/l"})"),
                         "", "");
  ASSERT_TRUE(read) << read.error().reason;
  EXPECT_EQ(settings_json(*read, ""),
            R"({"connections":"6","database":"DSN=x","database_password":"database","only":["7","8/stock"]})");
  EXPECT_EQ(read->secrets.files.at("portal"), "/p");
}

TEST_F(ConfigurationTest, BrokenJsonIsNamed) {
  EXPECT_THAT(read_configuration(write("f.json", "{x"), "", "").error().reason,
              HasSubstr("f.json': is no JSON object"));
  EXPECT_THAT(read_configuration(write("g.json", R"({"secrets": 1})"), "", "").error().reason,
              HasSubstr("must be an object"));
  EXPECT_THAT(read_configuration(write("h.json", R"({"database": []})"), "", "").error().reason,
              HasSubstr("must be a text"));
}

TEST_F(ConfigurationTest, ASecretInAFileThatOthersMayReadIsRefused) {
  const fs::path file = write("f.conf", "[ferry]\nsecret.portal = s3\n", fs::perms::owner_all | fs::perms::others_read);
  const auto refused = read_configuration(file, "", "");
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().reason, HasSubstr("chmod o-r " + file.string()));
}

TEST_F(ConfigurationTest, SecretFilesAreReadEachTimeWithoutTheirLineEnd) {
  Secrets secrets;
  secrets.files["portal"] = write("secret", "s3cret\r\n");
  EXPECT_EQ(secrets.find("portal").value(), "s3cret");
  write("secret", "changed\n\n");
  EXPECT_EQ(secrets.find("portal").value(), "changed\n");
}

TEST_F(ConfigurationTest, ASecretFileThatOthersMayReadOrThatIsMissingIsRefused) {
  Secrets secrets;
  secrets.files["portal"] = write("secret", "s3cret", fs::perms::owner_all | fs::perms::others_read);
  secrets.files["gone"] = folder / "gone";
  EXPECT_THAT(secrets.find("portal").error().reason, HasSubstr("secret 'portal': others may read it: chmod o-r"));
  EXPECT_THAT(secrets.find("gone").error().reason, HasSubstr("cannot be read"));
}

TEST_F(ConfigurationTest, ASecretGivenTwiceIsRefused) {
  const fs::path file = write("f.conf", "[ferry]\nsecret.a = x\nsecret_file.a = /y\n");
  EXPECT_THAT(read_configuration(file, "", "").error().reason, HasSubstr("secret 'a' is given twice"));
}

}  // namespace
}  // namespace ferry::console
