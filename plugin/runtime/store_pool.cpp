#include "plugin/runtime/store_pool.h"

#include <utility>

namespace ferry::runtime {

StorePool::Loan StorePool::borrow() {
  std::unique_lock lock(mutex_);
  returned_.wait(lock, [this] { return !idle_.empty() || lent_.size() < most_; });
  std::unique_ptr<sql::OdbcStore> store;
  if (idle_.empty()) {
    store = factory_();
  } else {
    store = std::move(idle_.back());
    idle_.pop_back();
  }
  lent_.push_back(store.get());
  return Loan(*this, std::move(store));
}

void StorePool::cancel_all() {
  std::lock_guard lock(mutex_);
  for (sql::OdbcStore* store : lent_) store->cancel();
}

void StorePool::give_back(std::unique_ptr<sql::OdbcStore> store) {
  {
    std::lock_guard lock(mutex_);
    std::erase(lent_, store.get());
    idle_.push_back(std::move(store));
  }
  returned_.notify_one();
}

}  // namespace ferry::runtime
