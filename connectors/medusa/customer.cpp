#include "connectors/medusa/customer.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "connectors/medusa/customer_document.h"
#include "connectors/medusa/customer_step.h"
#include "connectors/medusa/customer_view.h"
#include "connectors/medusa/price_list_view.h"
#include "connectors/medusa/rest.h"
#include "connectors/medusa/stepwise_push.h"

namespace ferry::medusa {
namespace {

using namespace connector;

Trouble trouble_of(std::string reason) {
  Trouble trouble;
  trouble.reason = std::move(reason);
  return trouble;
}
constexpr std::string_view kUnreadable = "the portal's answer has customers that cannot be read";

// Looks at the groups, then at those of the e-mail addresses; where that leaves a party without its customer, at every
// customer for those of its code, or of its address in other letters, and then at these in full.
class CustomerPush final : public StepwisePush {
 public:
  CustomerPush(const Settings& settings, std::span<const OutboundItem> items)
      : StepwisePush(settings, items), customers_(settings.customer_code_key), groups_(settings.price_list_key) {}

 private:
  enum class Look { nothing = 1, groups, emails, all, ids, done };

  std::string read(std::size_t index) override;
  std::optional<std::string> next_look() override;
  std::optional<Trouble> on_seen(const HttpReply& reply) override;
  NextStep next_step(std::size_t index) override {
    return next_customer_step(settings_, wanted_.at(index), customers_, groups_);
  }
  std::string on_done(std::size_t index, const json::value& body) override;

  void advance();
  void plan_emails();
  void plan_all();
  std::string on_customers(const json::value& body);
  std::string on_marks(const json::value& body);

  std::map<std::size_t, WantedCustomer> wanted_;  // by index
  CustomerView customers_;
  PriceListView groups_;
  Look look_ = Look::nothing;
  std::vector<std::string> targets_;      // of the look, asked from the end
  std::set<std::string> codes_, emails_;  // of parties whose customer is yet to be found
  std::vector<std::string> ids_;          // of customers that were found among all
  std::string last_id_;                   // of those that were read
};

std::string CustomerPush::read(std::size_t index) {
  if (settings_.customer_code_key.empty())
    return "setting customer_code_key is empty: without it no customer is known by its code";
  std::string problem;
  auto wanted = read_customer(item(index), problem);
  if (wanted) wanted_[index] = std::move(*wanted);
  return problem;
}

std::optional<std::string> CustomerPush::next_look() {
  while (targets_.empty() && look_ != Look::done) advance();
  if (targets_.empty()) return std::nullopt;
  auto target = std::move(targets_.back());
  targets_.pop_back();
  return target;
}

void CustomerPush::advance() {
  switch (look_) {
    case Look::nothing:
      look_ = Look::groups;
      targets_ = {std::string(kGroupsTarget)};
      break;
    case Look::groups:
      look_ = Look::emails;
      plan_emails();
      break;
    case Look::emails:
      look_ = Look::all;
      plan_all();
      break;
    case Look::all:
      look_ = Look::ids;
      targets_ = targets(kCustomersTarget, "id", ids_);
      break;
    case Look::ids:
    case Look::done: look_ = Look::done; break;
  }
}

void CustomerPush::plan_emails() {
  std::set<std::string> emails;
  for (const auto& [index, wanted] : wanted_) {
    for (const auto& email : {wanted.email, wanted.known_email}) {
      if (!email.empty()) emails.insert(email);
    }
  }
  targets_ = targets(kCustomersTarget, "email", std::vector<std::string>(emails.begin(), emails.end()));
}

void CustomerPush::plan_all() {
  for (const auto& [index, wanted] : wanted_) {
    if (customers_.has(wanted.code, wanted.is_withdrawal ? wanted.known_email : wanted.email)) continue;
    codes_.insert(wanted.code);
    if (!wanted.email.empty()) emails_.insert(wanted.email);
  }
  if (!codes_.empty()) targets_ = {every_customer_target(kCustomerMarks, "")};
}

std::optional<Trouble> CustomerPush::on_seen(const HttpReply& reply) {
  if (look_ == Look::groups) {
    const auto answer = read_list(reply, "customer_groups");
    if (answer.trouble) return answer.trouble;
    groups_.add_groups(answer.body);
    if (groups_.is_readable()) return std::nullopt;
    return trouble_of("the portal's answer has customer groups that cannot be read");
  }
  const auto answer = look_ == Look::all ? read_page(reply, "customers", static_cast<std::int64_t>(kMostListed), 0)
                                         : read_list(reply, "customers");
  if (answer.trouble) return answer.trouble;
  auto problem = look_ == Look::all ? on_marks(answer.body) : on_customers(answer.body);
  return problem.empty() ? std::nullopt : std::optional(trouble_of(std::move(problem)));
}

std::string CustomerPush::on_customers(const json::value& body) {
  const auto& rows = array_at(body, {"customers"});
  const bool is_readable = std::all_of(rows.begin(), rows.end(), [&](const auto& row) { return customers_.add(row); });
  return is_readable ? "" : std::string(kUnreadable);
}

std::string CustomerPush::on_marks(const json::value& body) {
  const auto& rows = array_at(body, {"customers"});
  for (const auto& row : rows) {
    const auto id = id_at(row, {"id"});
    if (id.empty()) return std::string(kUnreadable);
    const bool is_coded = codes_.contains(std::string(customers_.code_of(row)));
    if (is_coded || emails_.contains(in_small_letters(text_at(row, {"email"})))) ids_.push_back(id);
  }
  if (integer_at(body, {"count"}).value_or(0) <= static_cast<std::int64_t>(rows.size())) return "";
  const auto last = rows.empty() ? std::string() : id_at(rows.back(), {"id"});
  if (last.empty() || last == last_id_) return "the portal lists its customers without end";
  last_id_ = last;
  targets_ = {every_customer_target(kCustomerMarks, last)};
  return "";
}

std::string CustomerPush::on_done(std::size_t, const json::value& body) {
  if (const auto* group = find(body, {"customer_group"})) {
    groups_.add_groups(json::object{{"customer_groups", json::array{*group}}});
    return groups_.is_readable() ? "" : "the portal's answer has a customer group that cannot be read";
  }
  const auto* customer = find(body, {"customer"});
  return customer && customers_.add(*customer) ? "" : std::string(kUnreadable);
}

// One page from the cursor's customer on, or all of those that have one of the codes; then the accounts that have the
// address of one of its guests, who is not the party any more.
class CustomerSurvey final : public Survey {
 public:
  CustomerSurvey(const Settings& settings, std::string after, std::set<std::string> codes)
      : settings_(settings), after_(std::move(after)), codes_(std::move(codes)) {}

  SurveyStep start() override {
    if (settings_.customer_code_key.empty())
      return pull_failed(Verdict::rejected, "setting customer_code_key is empty: no customer is known by its code");
    return ask();
  }
  SurveyStep on_reply(const HttpReply& reply) override { return is_listed_ ? on_accounts(reply) : on_page(reply); }

 private:
  SurveyStep ask() const { return Send{get(settings_, every_customer_target(kCustomerMembers, after_))}; }
  SurveyStep on_page(const HttpReply& reply);
  SurveyStep on_accounts(const HttpReply& reply);
  SurveyStep look_at_accounts();
  SurveyStep next_account();
  void add(const json::value& customer);
  std::string list_of(const json::value& customer) const;

  const Settings& settings_;
  std::string after_;
  const std::set<std::string> codes_;  // empty: of all
  bool is_listed_ = false;
  std::multimap<std::string, ShownRecord> guests_;  // by e-mail address
  std::vector<std::string> targets_;                // yet to be asked for accounts
  SurveyPage page_;
};

SurveyStep CustomerSurvey::on_page(const HttpReply& reply) {
  const auto answer = read_page(reply, "customers", static_cast<std::int64_t>(kMostListed), 0);
  if (answer.trouble) return PullFailed{answer.trouble->for_item(0, true)};
  const auto& rows = array_at(answer.body, {"customers"});
  for (const auto& row : rows) {
    const auto* metadata = find(row, {"metadata"});
    if (id_at(row, {"id"}).empty() || !metadata) return pull_failed(Verdict::retry, std::string(kUnreadable));
    const std::string code(text_at(row, {"metadata", settings_.customer_code_key}));
    if (!code.empty() && (codes_.empty() || codes_.contains(code))) add(row);
  }
  if (integer_at(answer.body, {"count"}).value_or(0) <= static_cast<std::int64_t>(rows.size())) return look_at_accounts();
  const auto last = rows.empty() ? std::string() : id_at(rows.back(), {"id"});
  if (last.empty() || last == after_)
    return pull_failed(Verdict::retry, "the portal lists its customers without end");
  if (codes_.empty()) {
    page_.next_cursor = last;
    return look_at_accounts();
  }
  after_ = last;
  return ask();
}

SurveyStep CustomerSurvey::look_at_accounts() {
  is_listed_ = true;
  std::set<std::string> emails;
  for (const auto& [email, record] : guests_) {
    if (can_be_asked_for(email)) emails.insert(email);
  }
  targets_ = targets(kAccountsTarget, "email", std::vector<std::string>(emails.begin(), emails.end()));
  return next_account();
}

SurveyStep CustomerSurvey::next_account() {
  if (!targets_.empty()) {
    auto target = std::move(targets_.back());
    targets_.pop_back();
    return Send{get(settings_, std::move(target))};
  }
  for (auto& [email, record] : guests_) page_.records.push_back(std::move(record));
  return std::move(page_);
}

SurveyStep CustomerSurvey::on_accounts(const HttpReply& reply) {
  const auto answer = read_list(reply, "customers");
  if (answer.trouble) return PullFailed{answer.trouble->for_item(0, true)};
  for (const auto& row : array_at(answer.body, {"customers"})) guests_.erase(std::string(text_at(row, {"email"})));
  return next_account();
}

// Of several that are Ferry's one more than the wanted one is shown as well: it is not right.
std::string CustomerSurvey::list_of(const json::value& customer) const {
  std::string lists;
  for (const auto& group : array_at(customer, {"groups"})) {
    const auto list = id_at(group, {"metadata", settings_.price_list_key});
    if (!list.empty()) lists += (lists.empty() ? "" : ",") + list;
  }
  return lists;
}

void CustomerSurvey::add(const json::value& customer) {
  const auto code = text_at(customer, {"metadata", settings_.customer_code_key});
  json::object document{{"code", code},
                        {"name", customer_name(customer)},
                        {"email", in_small_letters(text_at(customer, {"email"}))},
                        {"phone", text_at(customer, {"phone"})}};
  if (!settings_.tax_identifier_key.empty())
    document["tax_identifier"] = text_at(customer, {"metadata", settings_.tax_identifier_key});
  if (!settings_.price_list_key.empty()) document["list"] = list_of(customer);
  if (!settings_.credit_hold_key.empty()) {
    const auto* hold = find(customer, {"metadata", settings_.credit_hold_key});
    document["credit_hold"] = hold && hold->is_bool() && hold->get_bool();
  }
  ShownRecord record{std::string(code), "{}", json::serialize(document)};
  if (has_account(customer))
    page_.records.push_back(std::move(record));
  else
    guests_.emplace(text_at(customer, {"email"}), std::move(record));
}

}  // namespace

std::unique_ptr<Exchange> make_customer_push(const Settings& settings, std::span<const OutboundItem> items) {
  return std::make_unique<CustomerPush>(settings, items);
}

std::unique_ptr<Survey> make_customer_survey(const Settings& settings, std::string_view cursor) {
  return std::make_unique<CustomerSurvey>(settings, std::string(cursor), std::set<std::string>());
}

std::unique_ptr<Survey> make_customer_survey(const Settings& settings, std::span<const std::string> codes) {
  return std::make_unique<CustomerSurvey>(settings, "", std::set<std::string>(codes.begin(), codes.end()));
}

}  // namespace ferry::medusa
