// The simulated Medusa's products and variants, with their prices and metadata.
#pragma once

#include <boost/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/portal/medusa/request.h"
#include "tests/portal/simulated_portal.h"

namespace ferry::portal {

class Catalogue {
 public:
  // As a person makes it: a product of its own, without a price.
  void add(const std::string& sku);
  void refuse(const std::string& sku, bool refuses);

  // None: the request is for something else. What shows from then on is added to `shown`.
  std::optional<boost::json::value> ask(const connector::HttpRequest& request, const Target& target,
                                        std::vector<NowShown>& shown);

  std::optional<std::string> price(const std::string& sku) const;  // "": has none; none: no such variant
  std::optional<std::string> cost(const std::string& sku) const;
  std::optional<std::string> name(const std::string& sku) const;  // "": it is not offered as the ERP's
  // In the order in which they were made, which is that of their ids.
  std::vector<std::string> skus() const;

 private:
  struct Variant {
    std::string sku;
    boost::json::array prices;
    boost::json::object metadata;
    bool refuses_writes = false;
    std::size_t product = 0;
    std::string title = {};
  };
  struct Product {
    std::string title, description, external_id, handle;
    bool is_published = false;
    std::vector<std::string> values;  // of its only option
    boost::json::array images = {}, categories = {};
  };

  Variant* find(std::string_view sku);
  const Variant* find(std::string_view sku) const;
  boost::json::value list(const Target& target) const;
  boost::json::value set(std::string_view product, const boost::json::value& body, std::vector<NowShown>& shown);
  static void set_metadata(Variant& variant, const boost::json::object& change);
  std::optional<boost::json::value> ask_products(const connector::HttpRequest& request, const Target& target,
                                                 std::vector<NowShown>& shown);
  boost::json::value create_category(const boost::json::value& body);
  void set_lists(Product& product, const boost::json::value& body);
  boost::json::value list_products(const Target& target) const;
  boost::json::value shown_product(std::size_t position) const;
  void create_product(const boost::json::value& body, std::vector<NowShown>& shown);
  void check_new(const boost::json::value& variant);
  void create_variant(std::size_t product, const boost::json::value& body, std::vector<NowShown>& shown);
  void set_variant(std::size_t product, std::size_t position, const boost::json::value& body, std::vector<NowShown>& shown);
  void set_product(std::size_t position, const boost::json::value& body, std::vector<NowShown>& shown);
  void show_name(const Variant& variant, std::vector<NowShown>& shown) const;
  void set_prices(Variant& variant, const boost::json::array& prices);

  std::vector<Variant> variants_;  // id "variant_7" is the seventh's
  std::vector<Product> products_;  // likewise
  boost::json::array categories_;
  std::int64_t prices_ = 0;        // ids given so far
};

}  // namespace ferry::portal
