// For tests: a process that has so many files open that whatever is opened next has a number beyond what select() can
// wait for (FD_SETSIZE, 1024).
#pragma once

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <vector>

namespace ferry::test {

class ManyOpenFiles {
 public:
  ManyOpenFiles() {
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    before_ = limit;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    while (files_.empty() || files_.back() <= FD_SETSIZE) {
      const int file = open("/dev/null", O_RDONLY | O_CLOEXEC);
      if (file < 0) throw std::system_error(errno, std::generic_category(), "open more than FD_SETSIZE files");
      files_.push_back(file);
    }
  }
  ~ManyOpenFiles() {
    for (const int file : files_) close(file);
    setrlimit(RLIMIT_NOFILE, &before_);
  }
  ManyOpenFiles(const ManyOpenFiles&) = delete;
  ManyOpenFiles& operator=(const ManyOpenFiles&) = delete;

 private:
  rlimit before_{};
  std::vector<int> files_;
};

}  // namespace ferry::test
