"""Tryton's web client, driven like a person would."""
import base64
import json
import urllib.request

# Noise of the client itself: files that Debian's package does not have, and the bus when it is not allowed
HARMLESS = ('custom.js', 'custom.css', 'locale/', '/bus', 'favicon')


class Client:
    def __init__(self, browser, url, database, login, password):
        self._browser = browser
        self._url = url.rstrip('/')
        self._database = database
        browser.open(f'{self._url}/#{database}')
        browser.wait("jQuery('#login:visible').length && jQuery('#database:visible').val()")
        browser.type('#login', login + '\ue007')
        browser.wait("jQuery('input[type=password]:visible').length")
        browser.type('input[type=password]', password + '\ue007')
        browser.script("jQuery('<style>* {transition: none !important; animation: none !important}</style>').appendTo('head')")
        browser.wait("Sao.Session.current_session && Sao.Session.current_session.context && jQuery('#menu .treeview').length")
        self.settle()
        browser.errors()

    def settle(self):
        """Until the client has nothing under way: a screen that hangs shows here."""
        self._browser.wait("jQuery.active === 0 && !jQuery('.modal:visible').length"
                           " && !jQuery('#processing:visible').length && !jQuery('.processing:visible').length", 30)

    def rpc(self, method, *arguments):
        """A call with the session of the logged-in user."""
        session = self._browser.script(
            "const s = Sao.Session.current_session; return [s.login, s.user_id, s.session, s.context]")
        context = session.pop()
        token = base64.b64encode(':'.join(str(part) for part in session).encode()).decode()
        request = urllib.request.Request(
            f'{self._url}/{self._database}/',
            json.dumps({'id': 0, 'method': method, 'params': [*arguments, context]}).encode(),
            {'Content-Type': 'application/json', 'Authorization': f'Session {token}'})
        with urllib.request.urlopen(request, timeout=60) as reply:
            answer = json.load(reply)
        if answer.get('error'):
            raise RuntimeError(answer['error'])
        return answer['result']

    def close_tabs(self):
        self._browser.script("Sao.Tab.tabs.slice().forEach(tab => tab.close())")
        self.settle()

    def open_record(self, model, record, name):
        self._browser.script("Sao.Tab.create({model: arguments[0], res_id: arguments[1], mode: ['form'],"
                             " name: arguments[2]})", model, record, name)
        self._browser.wait("jQuery('.tab-pane.active .form:visible').length")
        self.settle()

    def open_list(self, model):
        """The list that the menu of the model opens."""
        windows = self.rpc('model.ir.action.act_window.search_read',
                           [['res_model', '=', model], ['domain', '=', None]], 0, 1, None, ['action'])
        self._browser.script("Sao.Action.execute(arguments[0], {}, null, {})", windows[0]['action'])
        self._browser.wait("jQuery('.tab-pane.active .treeview:visible').length")
        self.settle()

    def open_page(self, title):
        """A page of the notebook on the form that is shown."""
        found = self._browser.script(
            "const page = jQuery('.tab-pane.active .form-notebook:visible .nav-tabs a').filter("
            "(i, a) => jQuery(a).text().trim() === arguments[0]).filter(':visible').first();"
            "page.click(); return page.length", title)
        if not found:
            raise RuntimeError(f'the form has no page "{title}"')
        self.settle()

    def open_domain(self, title):
        """A tab above a list."""
        self._browser.script(
            "jQuery('.tab-pane.active .nav-tabs a').filter((i, a) => jQuery(a).text().trim().startsWith(arguments[0]))"
            ".first().click()", title)
        self.settle()

    def open_wizard(self, button):
        """Presses a button of the form that asks something in a dialog."""
        found = self._browser.script(
            "const button = jQuery('.tab-pane.active button:visible').filter("
            "(i, b) => jQuery(b).text().trim() === arguments[0]).first(); button.click(); return button.length", button)
        if not found:
            raise RuntimeError(f'the form has no button "{button}"')
        self.settle_dialog()

    def settle_dialog(self):
        self._browser.wait("jQuery.active === 0 && jQuery('.modal:visible .form:visible').length"
                           " && !jQuery('#processing:visible').length && !jQuery('.processing:visible').length", 30)

    def close_dialog(self, button):
        self._browser.script(
            "jQuery('.modal:visible button').filter((i, b) => jQuery(b).text().trim() === arguments[0]).first().click()",
            button)
        self.settle()

    def texts(self):
        return self._browser.script("return jQuery('.tab-pane.active:visible').text()")

    def errors(self):
        return [error for error in self._browser.errors() if not any(noise in error for noise in HARMLESS)]
