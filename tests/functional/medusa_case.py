"""What tests with a Medusa stand on: a fresh one of it beside the fresh ERP and the fresh Vendure."""
import contextlib
import threading

from installer.stage import medusa
from installer.stage.processes import StageError, free_port

from .world import Case

SECRET = 'medusa'


class MedusaCase(Case):
    per_product = 5  # variants of one product
    shops = {}  # by that number: (portal, its template), prepared once, and only for these tests

    _installing = threading.Lock()

    @classmethod
    def install_beside(cls):
        def install():
            with cls._installing:
                with contextlib.suppress(StageError):  # whoever needs it tries again, and says why
                    medusa.Portal(cls.world.cluster, cls.world.folder).install()
        threading.Thread(target=install, daemon=True).start()

    def prepare(self):
        """It takes minutes where it was never installed."""
        with self._installing:
            self._prepare()

    def _prepare(self):
        if self.per_product not in self.shops:
            portal = medusa.Portal(self.world.cluster, self.world.folder, per_product=self.per_product)
            portal.install()
            self.shops[self.per_product] = portal, portal.seed()
        self.portal, self.template = self.shops[self.per_product]

    def start_portals(self):
        self.prepare()
        database = self.world.fresh_database('medusa', 'portal', self.template)
        self.medusa = self._start_portal('medusa', self.portal, database)
        super().start_portals()

    def configure(self, **ferry):
        return super().configure(**{f'secret.{SECRET}': self.portal.password}, **ferry)
