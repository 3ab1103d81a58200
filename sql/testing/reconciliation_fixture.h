// What the tests of the reconciliation share: a portal whose records are a map, stepped through the store.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "sql/testing/store_fixture.h"

namespace ferry::sql::testing {

class ReconciliationTest : public StoreTest {
 protected:
  static constexpr std::size_t kPage = 3;

  // Shop 1 with these products, all confirmed by the portal, which shows them.
  void synced(const std::vector<std::string>& codes) {
    for (const auto& code : codes) product(code, 5);
    stock_ = lease(1, "stock");
    run(stock_, engine::RunMode::full);
    deliver_all(stock_);
    lease_ = lease(1, "reconcile");
    for (const auto& code : codes) show(code, 5);
  }
  void show(const std::string& code, int quantity) {
    portal_[code] = R"({"sku":")" + code + R"(","quantity":")" + std::to_string(quantity) + "\"}";
  }
  std::vector<connector::ShownRecord> shown(const std::vector<std::string>& labels) const {
    std::vector<connector::ShownRecord> records;
    for (const auto& label : labels) {
      if (portal_.contains(label)) records.push_back({label, "{}", portal_.at(label)});
    }
    return records;
  }
  engine::SurveyTask next(bool is_due = false) {
    engine::SurveyWish wish;
    wish.feeds = {Feed::stock, Feed::order_status};
    wish.is_due = is_due;
    wish.most_labels = 2;
    return must(store_.next_survey(lease_, wish));
  }
  // What a portal answers to the task.
  engine::SurveyProgress answer(const engine::SurveyTask& task) {
    engine::SurveyResult result{task.kind, task.reconciliation, task.feed, task.cursor, task.labels, {}};
    if (task.kind == engine::SurveyKind::listing) {
      const std::size_t skip = task.cursor.empty() ? 0 : std::stoul(task.cursor);
      std::vector<std::string> labels;
      for (const auto& [label, document] : portal_) labels.push_back(label);
      const auto end = std::min(skip + kPage, labels.size());
      result.records = shown({labels.begin() + static_cast<std::ptrdiff_t>(std::min(skip, end)),
                              labels.begin() + static_cast<std::ptrdiff_t>(end)});
      result.cursor = end < labels.size() ? std::to_string(end) : "";
    } else {
      result.records = shown(task.labels);
    }
    return must(store_.record_survey(lease_, result));
  }
  // Everything until suspects wait to be looked at again, or the end.
  engine::SurveyTask first_look(bool is_due = false) {
    auto task = next(is_due);
    for (; task.kind == engine::SurveyKind::listing || task.kind == engine::SurveyKind::looking; task = next())
      answer(task);
    return task;
  }
  void quiet() { sql("UPDATE ferry.reconciliation_finding SET seen_at = seen_at - interval '1 minute'"); }
  engine::ReconciliationCounts second_look() {
    quiet();
    auto task = next();
    for (; task.kind == engine::SurveyKind::confirming; task = next()) answer(task);
    EXPECT_EQ(task.kind, engine::SurveyKind::finished);
    return task.counts;
  }
  engine::ReconciliationCounts whole(bool heal = false) {
    must(store_.request_reconciliation(1, {Feed::stock}, heal));
    const auto task = first_look();
    return task.kind == engine::SurveyKind::finished ? task.counts : second_look();
  }
  std::string findings() {
    return value(
        "SELECT coalesce(string_agg(kind || ' ' || label || CASE WHEN healed THEN '!' ELSE '' END, ', ' ORDER BY kind, "
        "label), '')"
        " FROM ferry.reconciliation_finding WHERE state = 'confirmed'");
  }

  engine::Lease stock_, lease_;
  std::map<std::string, std::string> portal_;
};

}  // namespace ferry::sql::testing
