// What a portal implements. A connector is pure: it encodes requests and decodes replies, and never sees a socket, a
// clock, a thread, a queue, a retry or a log. One folder under connectors/ holds one; the build finds it.
//
// Threads: a Connector is immutable after creation and may be used from any thread at once. The objects it hands out
// (Exchange, Pull, Login) belong to one caller, are stepped by one thread at a time and may be dropped half-way.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "config/field.h"
#include "plugin/domain/feed.h"
#include "plugin/domain/time.h"
#include "plugin/domain/verdict.h"

namespace ferry::connector {

using Headers = std::vector<std::pair<std::string, std::string>>;

struct HttpRequest {
  std::string method;  // upper case
  std::string target;  // path and query, joined to the channel's base_url by the transport; begins with '/'
  Headers headers;     // without Host and Content-Length; authorize() adds the credentials
  std::string body;
  bool idempotent = false;  // may be repeated when a pooled connection turns out to be closed: HttpReply::may_be_repeated
  Duration timeout = std::chrono::seconds(30);  // from first byte written to last byte read
};

struct HttpReply {
  int status = 0;                 // 0: no reply arrived, see `error`
  bool request_was_sent = false;  // some bytes of the request may have reached the portal; false: certainly not applied
  // No reply because a pooled connection turned out to be closed, and the request is idempotent: worth another try on a
  // fresh one. Left to who asked, because it is another request to the portal and needs its place in the rate.
  bool may_be_repeated = false;
  bool was_too_large = false;     // no reply because it is larger than the transport takes: less must be asked for
  Headers headers;                // names in lower case
  std::string body;               // bounded by the transport
  std::string error;              // client-side reason when status is 0 ("connect: connection refused")

  // First header of that (lower case) name; empty when there is none.
  std::string_view header(std::string_view name) const noexcept;
};

// ---- a batch out ------------------------------------------------------------------------------------------------

// One record to push. The document is the feed's canonical JSON; empty = withdraw the record from the portal.
struct OutboundItem {
  std::string label;         // SKU, order reference: what a person and usually the portal call the record
  std::string document;      // what the portal should show
  std::string acknowledged;  // what it last confirmed; empty = unknown or not to be believed: set without comparing
  // The record's part (schemas/feeds.md): of prices for those whom a price list is for, that list. What is withdrawn and
  // was never confirmed, though a part of it may be on the portal, is known by its label and this alone.
  std::int32_t part = 0;
};

struct Send {
  HttpRequest request;
};
struct Pause {
  Duration wait;  // polling a bulk job; the driver calls on_resume() afterwards
};
struct Finish {
  std::vector<ItemVerdict> items;  // every index of the batch exactly once, in any order
};
using Step = std::variant<Send, Pause, Finish>;

// One batch from first request to last verdict. start() is called once, then on_reply()/on_resume() as asked for.
// Never throws for anything a portal can answer.
class Exchange {
 public:
  virtual ~Exchange() = default;
  virtual Step start() = 0;
  virtual Step on_reply(const HttpReply& reply) = 0;
  virtual Step on_resume() = 0;
};

// ---- orders in --------------------------------------------------------------------------------------------------

// An order as the portal shows it now.
struct PulledOrder {
  std::string reference;  // the portal's order number as its users know it; unique per channel; never empty
  std::string portal_id;  // the portal's internal id, for later calls
  std::string state;      // the portal's own word for the order's state
  Instant placed_at{};
  bool acknowledged = false;  // its state permits import (the channel's setting decides which states do)
  bool open = false;          // the portal may still ship, change or cancel it: it is looked at again
  bool cancelled = false;     // cancelled as a whole
  std::string document;       // ferry.order/1 (host-api/include/ferry/schemas/order.md), canonical JSON
};

struct Page {
  std::vector<PulledOrder> orders;
  // Orders on it that cannot be told from others, for want of a reference or an id: each in the words by which a person
  // finds it on the portal, one clean line. The rest of the page is good.
  std::vector<std::string> unread;
  std::string next_cursor;  // empty: last page
  std::optional<Instant> portal_clock;  // the portal's own time (Date header), if it says
};
struct PullFailed {
  ItemVerdict verdict;  // retry, snooze, unauthorized or rejected; index is 0
};
inline PullFailed pull_failed(Verdict verdict, std::string reason) {
  PullFailed failed;
  failed.verdict.verdict = verdict;
  failed.verdict.reason = std::move(reason);
  return failed;
}
using PullStep = std::variant<Send, Page, PullFailed>;

// One page of orders.
class Pull {
 public:
  virtual ~Pull() = default;
  virtual PullStep start() = 0;
  virtual PullStep on_reply(const HttpReply& reply) = 0;
};

// Orders placed in [from, to) by the portal's clock.
struct Window {
  Instant from{};
  Instant to{};
};

// ---- looking back -----------------------------------------------------------------------------------------------

// One record as the portal shows it now. The documents are JSON objects.
struct ShownRecord {
  std::string label;            // as in OutboundItem
  std::string identity = "{}";  // what tells records of one label apart: {"location":"Berlin"}
  // Those members of the feed's document that the portal can show, with the very text they have in a document that
  // this portal would have confirmed: {"sku":"A","quantity":"5"}.
  std::string document;
};

struct SurveyPage {
  std::vector<ShownRecord> records;
  std::string next_cursor;  // empty: last page
};
using SurveyStep = std::variant<Send, SurveyPage, PullFailed>;

// One page of what the portal shows for a feed. Reads only.
class Survey {
 public:
  virtual ~Survey() = default;
  virtual SurveyStep start() = 0;
  virtual SurveyStep on_reply(const HttpReply& reply) = 0;
};

// ---- credentials ------------------------------------------------------------------------------------------------

// What a login yields; kept by the engine per channel, never stored.
struct Session {
  std::string token;  // a secret
};
struct LoginFailed {
  ItemVerdict verdict;  // unauthorized: credentials wrong; retry/snooze: portal not ready
};
using LoginStep = std::variant<Send, Session, LoginFailed>;

class Login {
 public:
  virtual ~Login() = default;
  virtual LoginStep start() = 0;
  virtual LoginStep on_reply(const HttpReply& reply) = 0;
};

// ---- the connector ----------------------------------------------------------------------------------------------

// What a portal's stock number means (DESIGN.md section 3).
enum class StockMeaning : std::uint8_t {
  saleable = 1,  // the portal decrements it itself: it is sent what may be sold
  on_hand,       // the portal subtracts its own open orders: it is sent what may be sold plus those
};

struct Capabilities {
  std::span<const Feed> feeds;
  std::size_t max_batch_items = 100;
  std::size_t max_batch_bytes = 1 << 20;  // of documents; a batch is cut by whichever bound is met first
  std::size_t max_in_flight = 1;          // exchanges at once per feed
  StockMeaning stock_meaning = StockMeaning::on_hand;
  Duration order_visibility_lag{};        // how late an order can appear behind its placed_at; the window's least overlap
  std::span<const Feed> surveys{};        // feeds whose records can be read back; empty: nothing is ever reconciled
};

class Connector {
 public:
  virtual ~Connector() = default;
  virtual const Capabilities& capabilities() const noexcept = 0;

  // The items stay alive and unmoved as long as the exchange. Precondition: 1 <= items.size() <= max_batch_items.
  virtual std::unique_ptr<Exchange> push(Feed feed, std::span<const OutboundItem> items) const = 0;

  virtual std::unique_ptr<Pull> pull_orders(const Window& window, std::string_view cursor) const = 0;
  // The same orders again, by their portal ids (at most max_batch_items). An order that is gone is simply missing.
  virtual std::unique_ptr<Pull> pull_orders_by_id(std::span<const std::string> portal_ids) const = 0;

  // What the portal shows for a feed, for the feeds in capabilities().surveys only (others: null): page by page
  // everything it has (orders: those placed in the window), in an order that new records do not disturb; or the records
  // of some labels (at most max_batch_items), in one page, of which those that the portal does not have are missing.
  virtual std::unique_ptr<Survey> survey(Feed, const Window&, std::string_view /*cursor*/) const { return nullptr; }
  virtual std::unique_ptr<Survey> survey_labels(Feed, std::span<const std::string> /*labels*/) const { return nullptr; }

  // Checks connection, credentials and least privilege: a batch of one whose verdict is `delivered` when all is well;
  // otherwise the reason names what is missing and how to mend it.
  virtual std::unique_ptr<Exchange> probe() const = 0;

  // Null when requests carry a constant credential and no login exists.
  virtual std::unique_ptr<Login> login() const = 0;
  // Adds the credentials to a request.
  virtual void authorize(HttpRequest& request, const Session& session) const = 0;
  // The portal refused the session itself (expired, revoked): log in once and repeat the request, which was not applied.
  virtual bool session_refused(const HttpReply& reply) const = 0;
};

// One per connector folder: `extern const ConnectorInfo kConnectorInfo_<folder>;` is collected by the build.
struct ConnectorInfo {
  std::string_view id;                    // the folder's name; the `connector` setting of a channel
  std::string_view title;                 // for people
  std::span<const config::Field> fields;  // the connector's own settings, beside the common ones
  // Precondition: the values have no problems (config::problems() is empty).
  std::unique_ptr<Connector> (*create)(const config::Values& values);
};

// All connectors of this build, ordered by id (generated).
std::span<const ConnectorInfo* const> connectors() noexcept;
const ConnectorInfo* find_connector(std::string_view id) noexcept;  // null: unknown

}  // namespace ferry::connector
