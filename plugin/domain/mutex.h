// A mutex that clang's -Wthread-safety understands (libstdc++'s own is not annotated). Elsewhere the annotations
// vanish.
#pragma once

#include <mutex>

#if defined(__clang__)
#define FERRY_THREAD_ANNOTATION(x) __attribute__((x))
#else
#define FERRY_THREAD_ANNOTATION(x)
#endif
#define FERRY_GUARDED_BY(mutex) FERRY_THREAD_ANNOTATION(guarded_by(mutex))
#define FERRY_REQUIRES(mutex) FERRY_THREAD_ANNOTATION(requires_capability(mutex))

namespace ferry {

class FERRY_THREAD_ANNOTATION(capability("mutex")) Mutex {
 public:
  void lock() FERRY_THREAD_ANNOTATION(acquire_capability()) { mutex_.lock(); }
  void unlock() FERRY_THREAD_ANNOTATION(release_capability()) { mutex_.unlock(); }

 private:
  std::mutex mutex_;
};

class FERRY_THREAD_ANNOTATION(scoped_lockable) MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) FERRY_THREAD_ANNOTATION(acquire_capability(mutex)) : mutex_(mutex) { mutex_.lock(); }
  ~MutexLock() FERRY_THREAD_ANNOTATION(release_capability()) { mutex_.unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

}  // namespace ferry
