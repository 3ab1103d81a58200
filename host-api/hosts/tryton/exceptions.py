# This file is part of Ferry.  The LICENSE file at the top level of this
# repository contains the full license terms.
from trytond.exceptions import UserError, UserWarning
from trytond.model.exceptions import ValidationError


class ShopSettingsError(ValidationError):
    "The settings of a shop cannot be used"


class OperationError(UserError):
    "What a person asked of Ferry was refused"


class OrderRejected(UserError):
    "An order of a portal cannot be entered until a person changes something"


class OrderOutOfScope(UserError):
    "An order of a portal is none that its web shop takes"


class LinkWarning(UserWarning):
    "A sale differs from the order of a portal that it is to be linked to"
