#include "plugin/runtime/price_call.h"

#include <algorithm>
#include <boost/json.hpp>

#include "plugin/connector/json.h"
#include "plugin/domain/text.h"

namespace ferry::runtime {
namespace {

constexpr std::size_t kMostDigits = 40;  // on either side of the point
constexpr std::size_t kLongestError = 500;

std::size_t leading_digits(std::string_view text) {
  const auto end = std::ranges::find_if(text, [](char c) { return c < '0' || c > '9'; });
  return static_cast<std::size_t>(end - text.begin());
}

bool is_plain_number(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  const auto whole = leading_digits(text);
  if (whole == 0 || whole > kMostDigits) return false;
  text.remove_prefix(whole);
  if (text.empty()) return true;
  const auto fraction = leading_digits(text.substr(1));
  return text.front() == '.' && fraction > 0 && fraction <= kMostDigits && fraction + 1 == text.size();
}

engine::ErpEvaluation evaluation(const engine::ErpQuestion& question, const boost::json::value& answer) {
  engine::ErpEvaluation found{question.key, question.about, "", ""};
  const auto price = connector::text_at(answer, {"price"});
  const auto error = connector::text_at(answer, {"error"});
  if (!error.empty()) {
    found.error = plain_line(error, kLongestError);
  } else if (is_plain_number(price)) {
    found.value = price;
  } else {
    found.error = "it comes to no plain number of at most 40 digits before and after the point";
  }
  return found;
}

}  // namespace

std::string price_questions(std::span<const engine::ErpQuestion> questions) {
  std::string text = R"({"schema":"ferry.price/1","questions":[)";
  for (const engine::ErpQuestion& question : questions) {
    text += (&question == questions.data() ? "" : ",") + question.question;
  }
  return text + "]}";
}

boost::system::result<std::vector<engine::ErpEvaluation>, std::string> price_answers(
    std::span<const engine::ErpQuestion> questions, std::string_view answers_json) {
  boost::system::error_code error;
  const auto document = boost::json::parse(answers_json, error);
  if (error) return "are not JSON: " + error.message();
  const auto& answers = connector::array_at(document, {"answers"});
  if (answers.size() != questions.size()) {
    return "are " + std::to_string(answers.size()) + " for " + std::to_string(questions.size()) + " questions";
  }
  std::vector<engine::ErpEvaluation> found;
  found.reserve(questions.size());
  for (std::size_t at = 0; at < questions.size(); ++at) found.push_back(evaluation(questions[at], answers[at]));
  return found;
}

}  // namespace ferry::runtime
