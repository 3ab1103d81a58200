# This file is part of Ferry.  The LICENSE file at the top level of this
# repository contains the full license terms.

__all__ = ['suite']


def suite():
    from .test_ferry import suite
    return suite()
