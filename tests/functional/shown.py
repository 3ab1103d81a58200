"""Everything that a portal shows of what Ferry keeps there, by its own administration API: {(feed, label): value}."""
import json
from decimal import Decimal

_PAGE = 1000
_VARIANTS = ('{productVariants(options:{take:%d,sort:{sku:ASC},skip:%d}){totalItems items{sku enabled price stockLevels{stockOnHand} '
             'customFields{costPrice} product{name description}}}}')
_CUSTOMERS = ('{customers(options:{take:1000}){items{emailAddress lastName customFields{erpPartyCode} '
              'addresses{streetLine1 city}}}}')


def _money(units):
    return None if units is None else Decimal(units) / 100


def vendure_variants(admin):
    skip, items = 0, []
    while True:
        page = admin.ask(_VARIANTS % (_PAGE, skip))['productVariants']
        items += page['items']
        skip += _PAGE
        if skip >= page['totalItems']:
            return items


def vendure_promotions(admin):
    """Per cent off, by name and SKU; a promotion that a person has made is there like any other."""
    names = {variant['id']: wanted for wanted, variant in admin.variants().items()}
    shown = {}
    for promotion in admin.promotions():
        for action in promotion['actions'] if promotion['enabled'] else ():
            given = {argument['name']: argument['value'] for argument in action['args']}
            for variant in json.loads(given.get('productVariantIds', '[]')):
                shown['discount', promotion['name'], names[variant]] = Decimal(given['discount'])
    return shown


def vendure(admin, list_channel):
    """`list_channel`: the token of the channel in which the customers of the price list buy."""
    shown = vendure_promotions(admin)
    for item in vendure_variants(admin):
        code, product = item['sku'], item['product']
        shown['stock', code] = sum(level['stockOnHand'] for level in item['stockLevels'])
        shown['list_price', code] = _money(item['price'])
        shown['cost', code] = _money(item['customFields']['costPrice'])
        shown['product', code] = (product['name'], product['description'], item['enabled'])
    for item in admin.of_channel(list_channel, '{productVariants(options:{take:1000}){items{sku price}}}')['productVariants']['items']:
        shown['fixed_net_price', item['sku']] = _money(item['price'])
    for item in admin.ask(_CUSTOMERS)['customers']['items']:
        shown['customer', item['emailAddress']] = (item['customFields']['erpPartyCode'], item['lastName'], sorted(
            (address['streetLine1'], address['city']) for address in item['addresses']))
    return shown


def medusa_variants(admin):
    return admin.ask('/admin/product-variants', limit=20000, fields='id,sku,metadata,prices.amount,prices.currency_code,'
                     'product.title,product.description,product.status')['variants']


def medusa(admin):
    shown = {}
    for item in admin.ask('/admin/inventory-items', limit=20000, fields='sku,*location_levels')['inventory_items']:
        shown['stock', item['sku']] = sum(level['stocked_quantity'] for level in item['location_levels'])
    for item in medusa_variants(admin):
        code, product = item['sku'], item['product']
        prices = [Decimal(str(price['amount'])) for price in item['prices'] if price['currency_code'] == 'eur']
        shown['list_price', code] = prices[0] if len(prices) == 1 else prices
        cost = (item['metadata'] or {}).get('erp_cost')
        shown['cost', code] = Decimal(cost['amount']) if cost else None
        shown['product', code] = (product['title'], product['description'] or '', product['status'] == 'published')
    shown.update(_medusa_price_lists(admin))
    for item in admin.ask('/admin/promotions', limit=1000, fields='code,status,metadata,application_method.value')['promotions']:
        if item['status'] == 'active':
            code = (item['metadata'] or {}).get('erp_sku') or item['code']
            shown['discount', code] = Decimal(str(item['application_method']['value']))
    fields = 'email,first_name,last_name,company_name,metadata,*addresses'
    for item in admin.ask('/admin/customers', limit=1000, fields=fields)['customers']:
        name = item['company_name'] or ' '.join(filter(None, (item['first_name'], item['last_name'])))
        shown['customer', item['email']] = ((item['metadata'] or {}).get('erp_code'), name, sorted(
            (address['address_1'], address['city']) for address in item['addresses']))
    return shown


def _medusa_price_lists(admin):
    shown = {}
    for price_list in admin.ask('/admin/price-lists', limit=1000)['price_lists']:
        rows = admin.ask(f"/admin/price-lists/{price_list['id']}/prices", limit=1000,
                         fields='id,amount,min_quantity,price_set.variant.sku')['prices']
        for row in rows:
            shown['fixed_net_price', row['price_set']['variant']['sku']] = Decimal(str(row['amount']))
    return shown


def difference(before, after):
    """What is no longer as it was; None: there is nothing any more."""
    return {key: after.get(key) for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
