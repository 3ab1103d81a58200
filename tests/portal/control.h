// How a script drives the portal: a few pages of JSON, each a POST of an object.
//
//   /health                                             {"status":"ok"}
//   /weather    {"faults":{NAME:PER MILLION},"usual_latency_ms","slow_latency_ms","most_wait_ms","most_late_ms",
//                "skew_ms"}                             from now on; names as in weather.h; {} clears the weather
//   /down       {"seconds"}                             nobody is accepted
//   /tokens     {"seconds"}                             how long a log-in lasts from now on; those there end at once
//   /variants   {"skus":[…],"on_hand"}
//   /orders     {"lines":[{"sku","quantity"},…]}        {"id","code"}: a customer has bought and paid
//   /fulfil     {"id"}      /cancel {"id"}
//   /stock      {"skus":[…]}                            {SKU:{"on_hand","saleable"}}
//   /prices     {"skus":[…]}                            {SKU:{"list_price","cost"}}, in major units; a cost that is not known: ""
//   /shop       {}                                      every variant and every order: Shop::state()
//   /totals     {}                                      Journal::totals()
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "tests/portal/desk.h"

namespace ferry::portal {

struct ControlContext {
  Desk& desk;
  Instant now;
  std::function<void(Duration)> go_down;
};

// The answer's JSON. Throws what says what is wrong with the request.
std::string control(const ControlContext& context, std::string_view page, std::string_view body);

// As /weather takes it; stormy from `now` on, for ever.
Climate parse_climate(std::string_view body, Instant now);

}  // namespace ferry::portal
