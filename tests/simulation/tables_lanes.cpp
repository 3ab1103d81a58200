// Lanes, and how the processes that drive them share a credential's rate: sql/state/statements/lane.sql.
#include <algorithm>

#include "tests/simulation/tables.h"

namespace ferry::simulation {

using engine::Failure;
using engine::LaneId;
using engine::Lease;
using engine::Problem;
using engine::Result;

namespace {

constexpr Duration kAffinity = std::chrono::seconds(2);  // as in sql/state/store.cpp

}  // namespace

Problem fenced(const Lease& lease) { return {Failure::fenced, "the lane " + lease.lane.job + " has another holder"}; }

bool Tables::is_fenced(const Lease& lease) const {
  if (mutant_ == Mutant::lease_not_fenced) return false;
  const auto found = lanes_.find(lease.lane);
  return found == lanes_.end() || found->second.holder != lease.holder || found->second.epoch != lease.epoch ||
         found->second.expires_at <= agenda_.now();
}

Tables::Sharers Tables::sharers(const std::string& holder, const engine::CredentialUse& credential) const {
  Sharers found;
  for (const auto& [id, row] : lanes_) {
    if (row.holder.empty() || row.expires_at <= agenda_.now() || row.credential != credential.name) continue;
    if (row.holder == holder) {
      found.joined_at = std::min(found.joined_at.value_or(row.joined_at), row.joined_at);
    } else {
      auto& other = found.others.try_emplace(row.holder, Sharers::Standing{row.joined_at, row.renewed_before}).first->second;
      other.joined_at = std::min(other.joined_at, row.joined_at);
      other.knows_at = std::max(other.knows_at, row.renewed_before);
    }
  }
  return found;
}

bool Tables::Sharers::all_know_of(Instant joined) const {
  return std::ranges::none_of(others, [joined](const auto& entry) {
    const Standing& other = entry.second;
    return other.joined_at <= joined && (!other.knows_at || *other.knows_at <= joined);
  });
}

Result<engine::LeaseAnswer> Tables::acquire(const LaneId& lane, const std::string& holder, const engine::Acquire& wanted) {
  const Instant now = agenda_.now();
  const auto [position, is_new] = lanes_.try_emplace(lane);
  LaneRow& row = position->second;
  if (is_new) row.expires_at = now;
  const auto sharing = sharers(holder, wanted.credential);
  const bool is_free = row.holder.empty() || row.expires_at <= now;
  // a free one goes to who drives its neighbours, for a moment exclusively
  const auto others = static_cast<std::int32_t>(sharing.others.size());
  const bool may_join = others == 0 || sharing.joined_at ||
                        (others < wanted.credential.rate &&
                         (row.holder == holder || row.expires_at <= now - std::min(kAffinity, wanted.ttl)));
  engine::LeaseAnswer answer;
  answer.held = is_free ? may_join : row.holder == holder;
  if (answer.held) {
    const bool stays = row.holder == holder;
    if (!stays) ++row.epoch;
    if (!stays && !row.holder.empty()) row.taken_over_at = now;
    row.renewed_before = stays && sharing.joined_at ? std::optional(row.renewed_at) : std::nullopt;
    row.joined_at = sharing.joined_at.value_or(now);
    row.renewed_at = now;
    row.credential = wanted.credential.name;
    row.holder = holder;
    row.expires_at = now + wanted.ttl;
    answer.lease = {lane, holder, row.epoch};
  }
  answer.remaining = row.expires_at > now ? row.expires_at - now : std::chrono::seconds(1);
  answer.holders = 1 + others;
  answer.agreed = sharing.all_know_of(row.joined_at);
  if (mutant_ == Mutant::rate_not_shared) {
    answer.holders = 1;
    answer.agreed = true;
  }
  answer.paused = row.is_paused;
  answer.requested = row.requested;
  answer.compared_before = can_compare(row);
  answer.compared_fully_at = row.compared_fully_at;
  answer.next_boundary = row.next_boundary;
  answer.portal_clock = row.portal_clock;
  if (mutant_ != Mutant::doubt_forgotten) answer.taken_over_at = row.taken_over_at;
  answer.unread_since = row.unread_since;
  return answer;
}

Result<void> Tables::release(const Lease& lease) {
  LaneRow& row = lanes_[lease.lane];
  if (row.holder == lease.holder && row.epoch == lease.epoch) {
    row.holder.clear();
    row.expires_at = agenda_.now();
  }
  return {};
}

void Tables::report(const Lease& lease, const std::string& error) {
  if (!is_fenced(lease)) lanes_[lease.lane].last_error = error;
}

void Tables::pause(const LaneId& lane, const std::string& reason) {
  lanes_[lane].is_paused = true;
  lanes_[lane].pause_reason = reason;
}

void Tables::resume(const LaneId& lane) {
  lanes_[lane].is_paused = false;
  lanes_[lane].pause_reason.clear();
  notify(lane.job);
}

}  // namespace ferry::simulation
