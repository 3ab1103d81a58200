// Connections to Ferry's tables, shared by the lanes of one process. A process that drives no lane holds one; the bound
// keeps several ERP processes with many channels below the database's connection limit.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "sql/state/store.h"

namespace ferry::runtime {

// Thread-safe. Loans must not outlive the pool.
class StorePool {
 public:
  using Factory = std::function<std::unique_ptr<sql::OdbcStore>()>;
  StorePool(std::size_t most, Factory factory) : most_(most), factory_(std::move(factory)) {}

  class Loan {
   public:
    Loan(StorePool& pool, std::unique_ptr<sql::OdbcStore> store) : pool_(&pool), store_(std::move(store)) {}
    Loan(Loan&&) noexcept = default;
    Loan& operator=(Loan&&) = delete;
    ~Loan() {
      if (store_) pool_->give_back(std::move(store_));
    }
    sql::OdbcStore* operator->() const { return store_.get(); }
    sql::OdbcStore& operator*() const { return *store_; }

   private:
    StorePool* pool_;
    std::unique_ptr<sql::OdbcStore> store_;
  };

  // Waits for a free one when all are lent. Connecting happens with the first call on the store.
  Loan borrow();
  // Breaks off the statements under way, so that shutdown need not wait for them. Later calls are not affected.
  void cancel_all();

 private:
  void give_back(std::unique_ptr<sql::OdbcStore> store);

  const std::size_t most_;
  const Factory factory_;
  std::mutex mutex_;
  std::condition_variable returned_;
  std::vector<std::unique_ptr<sql::OdbcStore>> idle_;  // last returned, first lent: unused ones stay unused
  std::vector<sql::OdbcStore*> lent_;
};

}  // namespace ferry::runtime
