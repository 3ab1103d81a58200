#include "plugin/engine/channel_settings.h"

#include <algorithm>
#include <array>

#include "plugin/domain/text.h"

namespace ferry::engine {
namespace {

using config::Field;
using config::Type;

constexpr std::int64_t kDay = 86400;

constexpr std::array kCommonFields = {
    Field{"base_url", Type::url, "", true, 0, 0, "The portal's address, without a path of its API."},
    Field{"jobs", Type::list, "stock,order_status,intake,reconcile", false, 0, 0,
          "What this channel does: names of feeds, intake for orders, and reconcile for comparing what the portal shows."},
    Field{"poll_interval", Type::seconds, "30", false, 1, kDay, "Between two looks at rows written without an event."},
    Field{"full_interval", Type::seconds, "86400", false, 60, 31 * kDay, "Between two comparisons of everything."},
    Field{"order_poll_interval", Type::seconds, "2", false, 1, kDay, "Between two looks for the portal's orders."},
    Field{"order_states", Type::list, "", false, 0, 0,
          "Portal states in which an order is imported; empty: the connector's default."},
    Field{"order_since", Type::text, "", false, 0, 0,
          "Orders placed before this moment (ISO 8601 with zone) are left alone; empty: a day before the first run."},
    Field{"order_watch_days", Type::integer, "30", false, 0, 365,
          "For so many days after it was placed, an imported order that the portal has finished is looked at again every hour: "
          "it may be cancelled or refunded there; 0: not any more."},
    Field{"payment_rules", Type::map, "", false, 0, 0,
          "What becomes of an order by its payments, as {\"card:Authorized\": \"wait\", \"invoice\": \"review\"}: 'import', "
          "'wait', 'review' or 'never', by 'method:state', 'method', '*:state' or '*' in the portal's words, 'none' for an "
          "order without a payment; no rule: it is imported."},
    Field{"order_countries", Type::list, "", false, 0, 0,
          "Codes of countries (ISO 3166, as DE); only orders that go there are imported; empty: wherever they go."},
    Field{"order_email_domains", Type::list, "", false, 0, 0,
          "Domains, as example.com; only orders of customers with an e-mail address there, or below it, are imported; empty: "
          "whoever orders."},
    Field{"order_customer_groups", Type::list, "", false, 0, 0,
          "Names of the portal's customer groups; only orders of customers in one of them are imported; empty: of whoever orders."},
    Field{"order_channels", Type::list, "", false, 0, 0,
          "Names of the portal's own sales channels; only orders placed in one of them are imported; empty: in any that this "
          "channel sees."},
    Field{"order_cancel", Type::boolean, "false", false, 0, 0,
          "Cancel the portal's order when its sale is cancelled in the ERP before anything of it was sent; otherwise it is left "
          "to a person there."},
    Field{"order_refund_since", Type::text, "", false, 0, 0,
          "Returns that people enter in the ERP from this moment on (ISO 8601 with zone) are paid back on the portal, and entered "
          "there where it knows returns, once the ERP processes them; empty: that is left to a person there."},
    Field{
        "total_tolerance", Type::decimal, "0.05", false, 0, 0,
        "How far an order's total in the ERP may be from the portal's before it is reviewed, in the order's currency."},
    Field{"safety_stock", Type::decimal, "0", false, 0, 0, "Kept back from sale of every product, in its sale unit."},
    Field{"allocation_percent", Type::integer, "100", false, 0, 100,
          "This channel's share of what may be sold and no channel has ring-fenced. Where the shares of all channels "
          "that sell from the same warehouses are at most 100 together, they never offer more than there is."},
    Field{"allocation_cap", Type::decimal, "", false, 0, 0,
          "The most that this channel offers of a product, in its sale unit; empty: no bound."},
    Field{"allocation_reserved", Type::decimal, "0", false, 0, 0,
          "Ring-fenced: the last so many of every product, in its sale unit, are sold by this channel alone."},
    Field{"low_stock_threshold", Type::decimal, "0", false, 0, 0,
          "Offer 0 where this channel could offer less than this of a product, in its sale unit."},
    Field{"locations", Type::map, "", false, 0, 0,
          "Portal locations by the codes of the ERP's warehouses, where the portal keeps stock by location; empty: one "
          "number for all."},
    Field{"quarantine_locations", Type::list, "", false, 0, 0,
          "Codes of the ERP's stock locations whose goods are not for sale, with all that lies below them."},
    Field{"price_digits", Type::text, "", false, 0, 0,
          "Digits after the point of the portal's prices; empty: as many as the shop's currency has."},
    Field{"price_tax", Type::text, "excluded", false, 0, 0,
          "What the portal's list prices hold: 'excluded' for net prices, 'included' for prices with tax."},
    Field{"price_lists", Type::list, "", false, 0, 0,
          "Ids of the ERP's price lists that this portal gets; empty: every active one of the shop's company."},
    Field{"customers", Type::text, "orders", false, 0, 0,
          "Whose parties this portal gets: 'orders' for those with a sale of this shop, 'price_list' for those with a price "
          "list of their own (of 'price_lists', where that names any), 'all' for every active party."},
    Field{"customer_categories", Type::list, "", false, 0, 0,
          "Ids of the ERP's party categories; of those parties only the ones in such a category, or in one below it, are "
          "published; empty: whatever their categories."},
    Field{"customer_countries", Type::list, "", false, 0, 0,
          "Codes of countries (ISO 3166, as DE); of those parties only the ones with an address there are published; empty: "
          "wherever they are."},
    Field{"batch_cap", Type::integer, "100", false, 1, 10000, "The most records sent at once."},
    Field{"rate_per_second", Type::integer, "20", false, 1, 10000,
          "The most requests to the portal in any one second, all jobs together."},
    Field{"max_attempts", Type::integer, "30", false, 1, 1000,
          "Failed attempts after which a record or an order waits for a person."},
    Field{"request_timeout", Type::seconds, "30", false, 1, 600, "The longest that one request may take."},
    Field{"lease", Type::seconds, "15", false, 3, 3600,
          "After how long another server process takes over from one that died."},
    Field{"reconcile_interval", Type::seconds, "86400", false, 0, 31 * kDay,
          "Between two comparisons with what the portal itself shows; 0: only when a person asks for one."},
    Field{"reconcile_heal", Type::boolean, "false", false, 0, 0,
          "Send again what such a comparison by schedule finds to be wrong; otherwise it is only reported."},
    Field{"owner", Type::map, "", false, 0, 0,
          "Fields that the ERP does not own, as {\"product.description\": \"portal\"}: 'erp', 'portal' or 'nobody'; Ferry "
          "neither sends nor compares what is not the ERP's."},
    Field{"guard_changed", Type::integer, "50", false, 0, 100,
          "Hold a change set for a person when more percent of a job's records change, but not of stock and orders; 0: "
          "never."},
    Field{"guard_withdrawn", Type::integer, "20", false, 0, 100,
          "Hold a change set when more percent of a job's records are withdrawn; 0: never, unless none would be left."},
    Field{"guard_zeroed", Type::integer, "30", false, 0, 100,
          "Hold a change set when more percent of the products go to a stock of zero; 0: never."},
    Field{"guard_fall", Type::integer, "75", false, 0, 100,
          "Hold a change set when a price falls by more percent; 0: never."},
    Field{"guard_rise", Type::integer, "300", false, 0, 1'000'000,
          "Hold a change set when a price rises by more percent; 0: never."},
    Field{"guard_least", Type::integer, "20", false, 1, 1'000'000,
          "Fewer records than this are never held for being too large a share."},
    Field{"guard_first", Type::boolean, "false", false, 0, 0,
          "Hold the first publication of each job, too, until a person has looked at it."},
    Field{"alert_window", Type::seconds, "1800", false, 300, kDay,
          "How far back alerts look at the backlog and at failures."},
    Field{"alert_backlog", Type::integer, "100", false, 0, 100'000'000,
          "Alert when more than this wait and it grows all through the window; 0: never."},
    Field{"alert_error_percent", Type::integer, "20", false, 0, 100,
          "Alert when this share of what the portal answered within the window failed; 0: never."},
    Field{"alert_no_success", Type::seconds, "3600", false, 0, 31 * kDay,
          "Alert when a job with work had no success for so long; 0: never."},
    Field{"alert_oldest_unsent", Type::seconds, "7200", false, 0, 31 * kDay,
          "Alert when something has waited for so long; 0: never."},
    Field{"alert_paused", Type::seconds, "3600", false, 0, 31 * kDay,
          "Alert when a job has been paused for so long; 0: never."},
    Field{"alert_repeat", Type::seconds, "14400", false, 60, 31 * kDay,
          "Between two reminders of an alert that lasts and that nobody acknowledged."},
    Field{"alert_webhook", Type::url, "", false, 0, 0, "Alerts are posted to this URL as JSON; empty: nowhere."},
    Field{"alert_webhook_token", Type::secret, "", false, 0, 0,
          "Secret that the webhook is sent as 'Authorization: Bearer'."},
    Field{"ca_file", Type::text, "", false, 0, 0, "Certificates to trust instead of the system's, a PEM file."},
    Field{"proxy", Type::url, "", false, 0, 0, "HTTP proxy for this channel."},
};

void add(std::vector<config::Problem>& found, std::string_view field, const std::string& message) {
  found.push_back({std::string(field), "setting '" + std::string(field) + "' " + message});
}

void check_jobs(const config::Values& values, std::vector<config::Problem>& found) {
  const auto jobs = values.list("jobs");
  if (jobs.empty()) add(found, "jobs", "names no job; a channel that is to rest is paused or made inactive instead");
  for (const std::string& job : jobs) {
    if (job == kIntakeJob || job == kReconcileJob || feed_from_name(job)) continue;
    add(found, "jobs", "names " + quote_and_bound(job, 40) + ", which is neither a feed, 'intake' nor 'reconcile'");
  }
}

Decimal decimal_of(const config::Values& values, std::string_view field) {
  return Decimal::parse(values.text(field)).value_or(Decimal());
}

Allocation allocation_of(const config::Values& values) {
  return {static_cast<std::int32_t>(values.integer("allocation_percent")),
          Decimal::parse(values.text("allocation_cap")), decimal_of(values, "allocation_reserved"), decimal_of(values, "low_stock_threshold")};
}

void check_not_negative(const config::Values& values, std::string_view field, std::vector<config::Problem>& found) {
  const auto value = Decimal::parse(values.text(field));
  if (!value) {
    add(found, field, "has too many digits");
  } else if (value->is_negative()) {
    add(found, field, "must not be negative");
  }
}

void check_allocation(const Allocation& allocation, std::vector<config::Problem>& found) {
  if (!allocation.cap) return;
  if (*allocation.cap < allocation.low_stock_threshold) {
    add(found, "allocation_cap",
        "must not be less than 'low_stock_threshold': this channel would never offer anything");
  }
  if (*allocation.cap < allocation.reserved) {
    add(found, "allocation_reserved",
        "must not be more than 'allocation_cap': nobody could sell what lies between them");
  }
}

void check_ids(const config::Values& values, std::string_view field, const std::string& what,
               std::vector<config::Problem>& found) {
  for (const std::string& id : values.list(field)) {
    if (id.size() <= 9 && id.find_first_not_of("0123456789") == std::string::npos) continue;
    add(found, field, "names " + quote_and_bound(id, 40) + ", which is no id of a " + what + ": a whole number");
  }
}

void check_prices(const config::Values& values, std::vector<config::Problem>& found) {
  const std::string& digits = values.text("price_digits");
  if (!digits.empty() && (digits.size() > 1 || digits.front() < '0' || digits.front() > '6')) {
    add(found, "price_digits", "must be a whole number from 0 to 6, or empty for the currency's own digits");
  }
  const std::string& tax = values.text("price_tax");
  if (tax != "excluded" && tax != "included") add(found, "price_tax", "must be 'excluded' or 'included'");
  check_ids(values, "price_lists", "price list", found);
}

void check_customers(const config::Values& values, std::vector<config::Problem>& found) {
  const std::string& who = values.text("customers");
  if (who != "orders" && who != "price_list" && who != "all") {
    add(found, "customers", "must be 'orders', 'price_list' or 'all'");
  }
  check_ids(values, "customer_categories", "category of parties", found);
  for (const std::string& code : values.list("customer_countries")) {
    if (is_country_code(code)) continue;
    add(found, "customer_countries",
        "names " + quote_and_bound(code, 40) + ", which is no code of a country: two capital letters, as DE");
  }
}

std::vector<config::Problem> cross_problems(const config::Values& values) {
  std::vector<config::Problem> found = ownership_problems(values.text("owner"));
  check_jobs(values, found);
  check_not_negative(values, "total_tolerance", found);
  check_not_negative(values, "safety_stock", found);
  if (!values.text("allocation_cap").empty()) check_not_negative(values, "allocation_cap", found);
  check_not_negative(values, "allocation_reserved", found);
  check_not_negative(values, "low_stock_threshold", found);
  check_allocation(allocation_of(values), found);
  check_prices(values, found);
  check_customers(values, found);
  const auto admission = admission_problems(values);
  found.insert(found.end(), admission.begin(), admission.end());
  for (const std::string_view field : {"order_since", "order_refund_since"}) {
    const std::string& since = values.text(field);
    if (since.empty() || from_iso8601(since)) continue;
    add(found, field, "must be a moment with its zone, such as 2026-01-31T00:00:00Z");
  }
  if (values.integer("full_interval") < values.integer("poll_interval")) {
    add(found, "full_interval", "must not be shorter than 'poll_interval'");
  }
  return found;
}

Duration seconds_of(const config::Values& values, std::string_view field) {
  return std::chrono::seconds(values.integer(field));
}

// As far as a connector's own settings allow: those are not of this table and are looked at by config::problems().
config::Values without_secrets(std::span<const Field> fields, std::string_view given_json) {
  std::vector<config::Problem> ignored;
  return config::parse(
      fields, given_json, [](std::string_view) { return std::optional<std::string>(""); }, ignored);
}

}  // namespace

std::span<const Field> common_fields() noexcept { return kCommonFields; }

std::vector<Field> channel_fields(const connector::ConnectorInfo& connector) {
  std::vector<Field> fields(kCommonFields.begin(), kCommonFields.end());
  for (const Field& own : connector.fields) {
    const auto is_same = [&](const Field& common) { return common.name == own.name; };
    if (std::none_of(kCommonFields.begin(), kCommonFields.end(), is_same)) fields.push_back(own);
  }
  return fields;
}

std::vector<config::Problem> channel_problems(const connector::ConnectorInfo& connector, std::string_view given_json) {
  const auto fields = channel_fields(connector);
  auto found = config::problems(fields, given_json);
  // what belongs together is looked at once each part can be read
  const bool readable = std::none_of(found.begin(), found.end(), [](const config::Problem& problem) {
    return problem.field.empty() || std::any_of(kCommonFields.begin(), kCommonFields.end(), [&](const Field& field) {
             return field.name == problem.field && !field.required;
           });
  });
  if (!readable) return found;
  const auto more = cross_problems(without_secrets(fields, given_json));
  found.insert(found.end(), more.begin(), more.end());
  return found;
}

ChannelSettings channel_settings(const config::Values& values) {
  ChannelSettings settings;
  settings.base_url = values.text("base_url");
  while (settings.base_url.ends_with('/')) settings.base_url.pop_back();
  settings.poll_interval = seconds_of(values, "poll_interval");
  settings.full_interval = seconds_of(values, "full_interval");
  settings.order_poll_interval = seconds_of(values, "order_poll_interval");
  settings.lease = seconds_of(values, "lease");
  settings.request_timeout = seconds_of(values, "request_timeout");
  settings.reconcile_interval = seconds_of(values, "reconcile_interval");
  settings.reconcile_heals = values.boolean("reconcile_heal");
  settings.batch_cap = static_cast<std::size_t>(values.integer("batch_cap"));
  settings.rate_per_second = static_cast<std::int32_t>(values.integer("rate_per_second"));
  settings.safety_stock = decimal_of(values, "safety_stock");
  settings.allocation = allocation_of(values);
  settings.total_tolerance = decimal_of(values, "total_tolerance");
  settings.order_states = values.list("order_states");
  settings.admission = admission_rules(values);
  settings.order_since = from_iso8601(values.text("order_since"));
  settings.order_watch = std::chrono::days(values.integer("order_watch_days"));
  settings.jobs = values.list("jobs");
  settings.ca_file = values.text("ca_file");
  settings.proxy = values.text("proxy");
  settings.alerts = {seconds_of(values, "alert_window"),        values.integer("alert_backlog"),
                     values.integer("alert_error_percent"),     seconds_of(values, "alert_no_success"),
                     seconds_of(values, "alert_oldest_unsent"), seconds_of(values, "alert_paused"),
                     seconds_of(values, "alert_repeat"),        settings.poll_interval};
  settings.guard = {values.integer("guard_least"), values.integer("guard_changed"), values.integer("guard_withdrawn"),
                    values.integer("guard_zeroed"), values.integer("guard_fall"), values.integer("guard_rise"),
                    values.boolean("guard_first")};
  settings.disowned = disowned_by(values.text("owner"));
  settings.alert_webhook = values.text("alert_webhook");
  settings.alert_webhook_token = values.text("alert_webhook_token");
  settings.retry.max_attempts = static_cast<std::int32_t>(values.integer("max_attempts"));
  settings.retry.lateness = lateness_of(settings.request_timeout);
  return settings;
}

std::vector<std::string> fit(ChannelSettings& settings, const connector::Capabilities& capabilities) {
  std::vector<std::string> warnings;
  if (settings.batch_cap > capabilities.max_batch_items) {
    warnings.push_back("setting 'batch_cap' is " + std::to_string(settings.batch_cap) + ", the portal takes at most " +
                       std::to_string(capabilities.max_batch_items) + "; that is used");
    settings.batch_cap = capabilities.max_batch_items;
  }
  const auto is_impossible = [&](const std::string& job) {
    const auto feed = feed_from_name(job);
    const bool impossible =
        feed && std::find(capabilities.feeds.begin(), capabilities.feeds.end(), *feed) == capabilities.feeds.end();
    if (impossible)
      warnings.push_back("setting 'jobs' names '" + job + "', which this connector cannot do; it is left out");
    return impossible;
  };
  std::erase_if(settings.jobs, is_impossible);
  const auto is_given_away = [&](const std::string& job) {
    const auto feed = feed_from_name(job);
    const bool is_given = feed && is_disowned_altogether(*feed, settings.disowned);
    if (is_given) warnings.push_back("setting 'owner' leaves nothing of '" + job + "' to the ERP; the job is left out");
    return is_given;
  };
  std::erase_if(settings.jobs, is_given_away);
  // asked for by default: no reason to warn of
  if (capabilities.surveys.empty()) std::erase(settings.jobs, kReconcileJob);
  return warnings;
}

}  // namespace ferry::engine
