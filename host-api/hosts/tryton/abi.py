# This file is part of Ferry.  The LICENSE file at the top level of this
# repository contains the full license terms.
"""The C ABI of host-api/include/ferry, spoken from Python.

`Library` loads ferry.so and checks it, `Instance` is one plugin instance with
the host's half of every extension. Nothing here knows Tryton. Every call into
the module releases the interpreter's lock (ctypes.CDLL does), every call from
it takes it, whatever thread it comes from."""
import ctypes
from ctypes import (
    CFUNCTYPE, POINTER, Structure, byref, c_bool, c_char_p, c_int32, c_int64,
    c_size_t, c_uint32, c_void_p)

__all__ = ['Library', 'Instance', 'Services', 'LibraryError', 'Status']

VERSION = (1, 0, 0)
TEXT_MAX_BYTES = 16 * 1024 * 1024
ENGINE, OPERATIONS = 1, 2  # modes of activate()


class Status:
    "ferry_status_t"
    OK = 0
    INVALID = 1
    UNSUPPORTED = 2
    NOT_FOUND = 3
    REJECTED = 4
    BUSY = 5
    RETRY = 6
    CANCELLED = 7
    INTERNAL = 8


class Severity:
    "ferry_log_severity_t"
    DEBUG = 0
    INFO = 1
    WARNING = 2
    ERROR = 3
    HOST_MISBEHAVING = 5
    PLUGIN_MISBEHAVING = 6


class LibraryError(Exception):
    "The module cannot be used; the text says why and how to mend it."


class Version(Structure):
    _fields_ = [
        ('major', c_uint32), ('minor', c_uint32), ('revision', c_uint32)]

    def __str__(self):
        return '%d.%d.%d' % (self.major, self.minor, self.revision)


class Text(Structure):
    _fields_ = [('data', c_void_p), ('size', c_size_t)]

    @classmethod
    def of(cls, string):
        data = string.encode('utf-8')
        text = cls(ctypes.cast(c_char_p(data), c_void_p), len(data))
        text.owner = data  # borrowed: must live as long as the text
        return text

    def __str__(self):
        if not self.size:
            return ''
        if not self.data or self.size > TEXT_MAX_BYTES:
            raise ValueError('a text breaks the contract')
        return ctypes.string_at(self.data, self.size).decode(
            'utf-8', 'replace')


class Sink(Structure):
    pass


Write = CFUNCTYPE(c_bool, POINTER(Sink), c_void_p, c_size_t)
Sink._fields_ = [('ctx', c_void_p), ('write', Write)]


def write_sink(sink, string):
    "Write a text into the other side's sink."
    data = string.encode('utf-8')
    if data and sink:
        sink.contents.write(
            sink, ctypes.cast(c_char_p(data), c_void_p), len(data))


class Receiver:
    "A sink of ours; bounded."

    def __init__(self):
        self._data = bytearray()

        def write(sink, data, size):
            if len(self._data) + size > TEXT_MAX_BYTES:
                return False
            self._data += ctypes.string_at(data, size)
            return True
        self.sink = Sink(None, Write(write))

    def __str__(self):
        return self._data.decode('utf-8', 'replace')


class Host(Structure):
    pass


class Descriptor(Structure):
    _fields_ = [
        ('abi_version', Version),
        ('id', c_char_p),
        ('name', c_char_p),
        ('version', c_char_p),
        ('description', c_char_p),
        ]


class Plugin(Structure):
    pass


HostP, PluginP, SinkP = POINTER(Host), POINTER(Plugin), POINTER(Sink)

GetExtensionOfHost = CFUNCTYPE(c_void_p, HostP, c_char_p)
RequestPump = CFUNCTYPE(None, HostP)
Host._fields_ = [
    ('abi_version', Version),
    ('host_data', c_void_p),
    ('name', c_char_p),
    ('version', c_char_p),
    ('get_extension', GetExtensionOfHost),
    ('request_pump', RequestPump),
    ]

Plugin._fields_ = [
    ('desc', POINTER(Descriptor)),
    ('plugin_data', c_void_p),
    ('init', CFUNCTYPE(c_bool, PluginP)),
    ('destroy', CFUNCTYPE(None, PluginP)),
    ('activate', CFUNCTYPE(c_int32, PluginP, c_uint32, Text, SinkP)),
    ('deactivate', CFUNCTYPE(None, PluginP, c_uint32)),
    ('pump', CFUNCTYPE(c_uint32, PluginP)),
    ('get_extension', CFUNCTYPE(c_void_p, PluginP, c_char_p)),
    ]


class Factory(Structure):
    _fields_ = [
        ('desc', POINTER(Descriptor)),
        ('create', CFUNCTYPE(PluginP, HostP)),
        ]


class Entry(Structure):
    _fields_ = [
        ('abi_version', Version),
        ('get_factory', CFUNCTYPE(c_void_p, c_char_p)),
        ]


class LogExtension(Structure):
    id = b'ferry.log/1'
    Log = CFUNCTYPE(None, HostP, c_int32, Text)
    _fields_ = [('log', Log)]


class SecretsExtension(Structure):
    id = b'ferry.secrets/1'
    Resolve = CFUNCTYPE(c_int32, HostP, Text, SinkP)
    _fields_ = [('resolve', Resolve)]


class AlertExtension(Structure):
    id = b'ferry.alert/1'
    Alert = CFUNCTYPE(None, HostP, Text)
    _fields_ = [('alert', Alert)]


class AlertNewsExtension(Structure):
    id = b'ferry.alert/2'
    News = CFUNCTYPE(None, HostP, Text)
    _fields_ = [('news', News)]


class OrderEntryExtension(Structure):
    id = b'ferry.order-entry/1'
    Enter = CFUNCTYPE(
        c_int32, HostP, c_int32, Text, Text, POINTER(c_int64), SinkP, SinkP)
    Find = CFUNCTYPE(
        c_int32, HostP, c_int32, Text, POINTER(c_int64), SinkP, SinkP)
    _fields_ = [('enter', Enter), ('find', Find)]


class OrderRevisionExtension(Structure):
    id = b'ferry.order-revision/1'
    _fields_ = [('revise', OrderEntryExtension.Enter)]


class PriceExtension(Structure):
    id = b'ferry.price/1'
    Evaluate = CFUNCTYPE(c_int32, HostP, c_int32, Text, SinkP, SinkP)
    _fields_ = [('evaluate', Evaluate)]


class EventsExtension(Structure):
    id = b'ferry.events/1'
    _fields_ = [('changed', CFUNCTYPE(None, PluginP))]


class OperationsExtension(Structure):
    id = b'ferry.operations/1'
    _fields_ = [
        ('perform', CFUNCTYPE(c_int32, PluginP, Text, Text, SinkP, SinkP))]


def _check_complete(structure, what):
    "Name the function pointer that is missing instead of calling null."
    for name, type_ in structure._fields_:
        if issubclass(type_, ctypes._CFuncPtr) and not getattr(
                structure, name):
            raise LibraryError(
                '%s has no function "%s"; install a complete build of '
                'ferry.so' % (what, name))


class Library:
    "ferry.so, loaded and checked."

    def __init__(self, path):
        self.path = path
        try:
            self._cdll = ctypes.CDLL(path)
        except OSError as e:
            raise LibraryError(
                'cannot load "%s": %s; install ferry.so or set "library" in '
                'section [ferry] of trytond.conf' % (path, e))
        try:
            get_entry = self._cdll.ferry_get_entry
        except AttributeError:
            raise LibraryError(
                '"%s" is not a Ferry module (it exports no ferry_get_entry); '
                'correct "library" in section [ferry] of trytond.conf' % path)
        get_entry.restype = POINTER(Entry)
        get_entry.argtypes = []
        entry = get_entry()
        if not entry:
            raise LibraryError('"%s" has no entry; reinstall it' % path)
        version = entry.contents.abi_version
        if version.major != VERSION[0]:
            raise LibraryError(
                '"%s" speaks ABI %s, this Tryton module %d.%d.%d; install '
                'both from the same release' % ((path, version) + VERSION))
        _check_complete(entry.contents, '"%s"' % path)
        factory = entry.contents.get_factory(b'ferry.plugin-factory/1')
        if not factory:
            raise LibraryError(
                '"%s" offers no ferry.plugin-factory/1; install both from '
                'the same release' % path)
        self._factory = ctypes.cast(factory, POINTER(Factory)).contents
        _check_complete(self._factory, 'the factory of "%s"' % path)

    def create(self, host):
        plugin = self._factory.create(byref(host))
        if not plugin:
            raise LibraryError(
                '"%s" refuses ABI %d.%d.%d of this Tryton module; install '
                'both from the same release' % ((self.path,) + VERSION))
        _check_complete(plugin.contents, '"%s"' % self.path)
        return plugin


class Services:
    """What the host offers. Methods may be called from any thread, enter,
    find and evaluate only from within Instance.pump()."""

    name = 'trytond'
    version = ''

    def log(self, severity, line):
        raise NotImplementedError

    def secret(self, name):
        "Return the value or None"
        raise NotImplementedError

    def alert(self, line):
        raise NotImplementedError

    def news(self, alert):
        raise NotImplementedError

    def request_pump(self):
        raise NotImplementedError

    def enter(self, channel, reference, document):
        "Return (status, id, number, reason)"
        raise NotImplementedError

    def find(self, channel, reference):
        "Return (status, id, number, reason)"
        raise NotImplementedError

    def evaluate(self, channel, questions):
        "Return (status, answers, reason)"
        raise NotImplementedError


class Instance:
    """One plugin instance. The functions of its life (all but changed and
    perform) must be called one at a time."""

    def __init__(self, library, services):
        self._library = library
        self._services = services
        self._extensions = {}
        self._make_extensions()
        self._host = Host(
            Version(*VERSION), None,
            services.name.encode('utf-8'), services.version.encode('utf-8'),
            GetExtensionOfHost(self._get_extension),
            RequestPump(self._guard(lambda host: services.request_pump())))
        self._plugin = library.create(self._host)
        self._events = self._operations = None

    def _guard(self, function, failed=None):
        """No exception may leave a callback: ctypes would answer 0, which
        means OK."""
        def guarded(*args):
            try:
                return function(*args)
            except BaseException as e:
                try:
                    self._services.log(
                        Severity.HOST_MISBEHAVING, '%s: %r' % (
                            getattr(function, '__name__', 'callback'), e))
                except BaseException:
                    pass
                return failed
        return guarded

    def _make_extensions(self):
        services = self._services

        def log(host, severity, line):
            services.log(severity, str(line))

        def resolve(host, name, value):
            secret = services.secret(str(name))
            if secret is None:
                return Status.NOT_FOUND
            write_sink(value, secret)
            return Status.OK

        def alert(host, line):
            services.alert(str(line))

        def news(host, alert):
            services.news(str(alert))

        def answer(result, erp_id, number, reason):
            status, id_, number_, reason_ = result
            if status == Status.OK:
                erp_id[0] = id_
                write_sink(number, number_)
            else:
                write_sink(reason, reason_)
            return status

        def enter(
                host, channel, reference, document, erp_id, number, reason):
            return answer(
                services.enter(channel, str(reference), str(document)),
                erp_id, number, reason)

        def revise(
                host, channel, reference, document, erp_id, number, reason):
            return answer(
                services.revise(channel, str(reference), str(document)),
                erp_id, number, reason)

        def find(host, channel, reference, erp_id, number, reason):
            return answer(
                services.find(channel, str(reference)),
                erp_id, number, reason)

        def evaluate(host, channel, questions, answers, reason):
            status, answers_, reason_ = services.evaluate(
                channel, str(questions))
            if status == Status.OK:
                write_sink(answers, answers_)
            else:
                write_sink(reason, reason_)
            return status

        guard = self._guard
        for extension in [
                LogExtension(LogExtension.Log(guard(log))),
                SecretsExtension(SecretsExtension.Resolve(
                        guard(resolve, Status.NOT_FOUND))),
                AlertExtension(AlertExtension.Alert(guard(alert))),
                AlertNewsExtension(AlertNewsExtension.News(guard(news))),
                OrderEntryExtension(
                    OrderEntryExtension.Enter(guard(enter, Status.INTERNAL)),
                    OrderEntryExtension.Find(guard(find, Status.INTERNAL))),
                OrderRevisionExtension(
                    OrderEntryExtension.Enter(guard(revise, Status.INTERNAL))),
                PriceExtension(PriceExtension.Evaluate(
                        guard(evaluate, Status.INTERNAL))),
                ]:
            self._extensions[extension.id] = extension

    def _get_extension(self, host, id_):
        extension = self._extensions.get(id_)
        if extension is not None:
            return ctypes.addressof(extension)

    def _get(self, extension):
        pointer = self._plugin.contents.get_extension(
            self._plugin, extension.id)
        if pointer:
            found = ctypes.cast(pointer, POINTER(extension)).contents
            _check_complete(found, extension.id.decode())
            return found

    @property
    def version(self):
        return self._plugin.contents.desc.contents.version.decode(
            'utf-8', 'replace')

    def init(self):
        if not self._plugin.contents.init(self._plugin):
            raise LibraryError(
                '"%s" could not be initialised, see the log above'
                % self._library.path)
        self._events = self._get(EventsExtension)
        self._operations = self._get(OperationsExtension)

    def activate(self, mode, settings):
        "Return the status and the problems of the settings."
        diagnostics = Receiver()
        status = self._plugin.contents.activate(
            self._plugin, mode, Text.of(settings), byref(diagnostics.sink))
        return status, str(diagnostics)

    def deactivate(self, drain_ms):
        self._plugin.contents.deactivate(self._plugin, drain_ms)

    def destroy(self):
        self._plugin.contents.destroy(self._plugin)
        self._plugin = self._events = self._operations = None

    def pump(self):
        return self._plugin.contents.pump(self._plugin)

    def changed(self):
        if self._events:
            self._events.changed(self._plugin)

    def perform(self, operation, arguments):
        "Return the status and the result, or the reason."
        if not self._operations:
            return Status.UNSUPPORTED, 'this ferry.so offers no operations'
        result, reason = Receiver(), Receiver()
        status = self._operations.perform(
            self._plugin, Text.of(operation), Text.of(arguments),
            byref(result.sink), byref(reason.sink))
        return status, str(result if status == Status.OK else reason)
