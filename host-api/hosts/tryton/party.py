# This file is part of Ferry.  The LICENSE file at the top level of this
# repository contains the full license terms.
"""The customer of a portal's order among the parties, and its addresses.

A party is known by the code that the portal's account carries, else by its tax
identifier, else by its e-mail address; nothing is guessed by name. What the ERP
has is never written: a person may have corrected it since the customer typed it
into the portal. An address that is not there is added."""
import re

from stdnum.exceptions import ValidationError
import stdnum.eu.vat

from trytond.i18n import gettext
from trytond.pool import Pool

from .exceptions import OrderOutOfScope, OrderRejected

__all__ = ['Customer', 'known', 'by_email']

LISTED = 5


def known(customer, guest=None):
    "The parties that the customer of the order may be"
    if customer.get('erp_code'):
        Party = Pool().get('party.party')
        return set(Party.search([('code', '=', customer['erp_code'])]))
    return (by_tax_identifier(customer.get('tax_identifier')) - {guest}
        or by_email(customer.get('email')) - {guest})


def by_tax_identifier(code):
    pool = Pool()
    Identifier, Party = pool.get('party.identifier'), pool.get('party.party')
    compact = compact_identifier(code)
    if not compact:
        return set()
    return {i.party for i in Identifier.search([
                ('code', 'in', [code, compact]),
                ('type', 'in', Party.tax_identifier_types()),
                ('party.active', '=', True),
                ])}


def compact_identifier(code):
    "As Tryton keeps it: BE0897290877 of BE 0897.290.877"
    return re.sub(r'[^0-9A-Z]', '', (code or '').upper())


def by_email(email):
    ContactMechanism = Pool().get('party.contact_mechanism')
    if not email:
        return set()
    pattern = email.replace('\\', r'\\').replace('_', r'\_').replace(
        '%', r'\%')
    return {m.party for m in ContactMechanism.search([
                ('type', '=', 'email'),
                ('value', 'ilike', pattern),
                ('party.active', '=', True),
                ])}


def _same(value, other):
    "Whether two texts of an address are the same but for space and case"
    return ' '.join((value or '').split()).casefold() == ' '.join(
        (other or '').split()).casefold()


def _with_parents(categories):
    found = set()
    for category in categories:
        while category and category not in found:
            found.add(category)
            category = category.parent
    return found


class Customer:
    "Whoever placed the order on the portal of the shop"

    def __init__(self, shop, order):
        self.shop = shop
        self.order = order
        self.values = order['customer']

    def reject(self, message, **arguments):
        raise OrderRejected(gettext(
                message, order=self.order['reference'],
                shop=self.shop.rec_name, **arguments))

    def check_scope(self):
        """Leave the order alone unless its customer is in one of the party
        categories that the shop names. Who is several parties, or has a code
        that no party has, is for a person, as it is without categories."""
        categories = set(self.shop.ferry_order_categories)
        if not categories:
            return
        parties = known(self.values, self.shop.guest_party)
        if not parties and self.values.get('erp_code'):
            return
        if any(categories & _with_parents(p.categories) for p in parties):
            return
        if parties:
            self._leave_alone('ferry.msg_order_party_category',
                party=', '.join(sorted(p.rec_name for p in parties)[:LISTED]))
        self._leave_alone('ferry.msg_order_party_none',
            customer=self.values.get('email') or self._name() or '')

    def _leave_alone(self, message, **arguments):
        raise OrderOutOfScope(gettext(
                message, order=self.order['reference'],
                shop=self.shop.rec_name, **arguments))

    def party(self):
        parties = known(self.values, self.shop.guest_party)
        if len(parties) > 1:
            self._reject_ambiguous(parties)
        if parties:
            return parties.pop()
        if self.values.get('erp_code'):
            self.reject('ferry.msg_order_customer_code',
                code=self.values['erp_code'])
        name = self._name()
        if not name:
            # the guest party is no way out: Tryton processes no sale of it
            self.reject('ferry.msg_order_customer_nameless')
        if not self.shop.ferry_new_parties:
            self.reject('ferry.msg_order_customer_new',
                customer=' '.join(filter(None, [name,
                            self.values.get('email')
                            and '<%s>' % self.values['email']])))
        return self._new(name)

    def _reject_ambiguous(self, parties):
        listing = ', '.join(sorted(p.rec_name for p in parties)[:LISTED])
        identifier = self.values.get('tax_identifier')
        if parties <= by_tax_identifier(identifier):
            self.reject('ferry.msg_order_customer_tax_ambiguous',
                identifier=identifier, parties=listing)
        self.reject('ferry.msg_order_customer_ambiguous',
            email=self.values['email'], parties=listing)

    def _name(self):
        address = self.order['invoice_address']
        return (self.values.get('name') or address['company']
            or address['name'] or self.values.get('email'))

    def _new(self, name):
        pool = Pool()
        Party = pool.get('party.party')
        ContactMechanism = pool.get('party.contact_mechanism')
        Identifier = pool.get('party.identifier')
        address = self.order['invoice_address']
        party = Party(name=name)
        if self.shop.language:
            party.lang = self.shop.language
        party.addresses = []
        party.contact_mechanisms = [
            ContactMechanism(type=type_, value=value)
            for type_, value in [
                ('email', self.values.get('email')),
                ('phone', self.values.get('phone') or address.get('phone')),
                ] if value]
        try:
            # what the customer mistyped is no identifier
            party.identifiers = [Identifier(
                    type='eu_vat', code=stdnum.eu.vat.validate(
                        self.values.get('tax_identifier') or ''))]
        except ValidationError:
            pass
        party.save()
        return Party(party.id)

    # ---- addresses ----------------------------------------------------------

    def address(self, party, values, usage):
        "Find the address among those of the party, else add it"
        Address = Pool().get('party.address')
        country = self._country(values['country'])
        party_name, building = self._names(party, values)
        for address in party.addresses:
            if self.is_at(address, values):
                return address
        address = Address(
            party=party, party_name=party_name, name=building, country=country,
            subdivision=self._subdivision(country, values['subdivision']))
        for field in ['street', 'postal_code', 'city']:
            setattr(address, field, values[field] or None)
        setattr(address, usage, True)
        address.save()
        # so that the next address finds it
        party.addresses = list(party.addresses) + [address]
        return address

    @staticmethod
    def is_at(address, values):
        "Whether the address of a party is the one of the order"
        party_name, building = Customer._names(address.party, values)
        country = address.country.code if address.country else ''
        return (all(_same(getattr(address, f), values[f])
                for f in ['street', 'postal_code', 'city'])
            and country == values['country'].upper()
            and _same(address.party_name, party_name)
            and _same(address.name, building))

    @staticmethod
    def _names(party, values):
        name = values['company'] or values['name']
        return (
            None if _same(name, party.name) else name,
            values['name'] if (values['company'] and values['name']
                and not _same(values['name'], values['company'])) else None)

    def _country(self, code):
        Country = Pool().get('country.country')
        if not code:
            return
        countries = Country.search([('code', '=', code.upper())])
        if not countries:
            self.reject('ferry.msg_order_country', code=code)
        return countries[0]

    def _subdivision(self, country, value):
        "By code or name; what the ERP does not know is left out"
        Subdivision = Pool().get('country.subdivision')
        if not (country and value):
            return
        for code in [value, '%s-%s' % (country.code, value)]:
            subdivisions = Subdivision.search([
                    ('country', '=', country.id),
                    ['OR', ('code', '=', code), ('name', '=', code)],
                    ])
            if len(subdivisions) == 1:
                return subdivisions[0]
