# What the compiled form has in place of the classes of the same names: rows that wait take no
# object each, so the garbage collector does not look at them again and again, and the thread that
# carries them away makes the tuples.

from cpython.ref cimport Py_INCREF, Py_XDECREF
from cpython.time cimport perf_counter as now
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy

cdef extern from "Python.h":
    ctypedef struct PyObject
    ctypedef struct PyThreadState
    void PyObject_GC_UnTrack(void *)
    PyThreadState *PyThreadState_Get()
    unsigned long long PyThreadState_GetID(PyThreadState *)


cdef inline void _hide(object row) noexcept:
    """Take a tuple that is part of no reference cycle away from the garbage collector."""
    if type(row) is tuple:
        PyObject_GC_UnTrack(<void *>row)


cdef struct Entry:
    int shape  # the length of the tuple that it becomes; 0: it is the object in `first`
    double ts
    PyObject *first
    PyObject *second
    PyObject *third
    PyObject *fourth


cdef enum:
    FEWEST = 1024
    MANY = 32768
    STAMPS = 128  # 2 * MAX_CALLS; tests/tracer/test_rows.py holds both forms to it


cdef class RingBuffer:
    """As in rows.py; here it is a ring of C structures. All of it happens under the interpreter's
    lock, which nothing here gives up half-way."""

    cdef Entry *_entries
    cdef Py_ssize_t _room, _oldest, _used
    cdef public object max_rows
    cdef public object weight

    def __cinit__(self, *args, **kwargs):
        self._entries = <Entry *>malloc(FEWEST * sizeof(Entry))
        if self._entries is NULL:
            raise MemoryError
        self._room, self._oldest, self._used = FEWEST, 0, 0

    def __init__(self, max_rows=None):
        self.max_rows = MAX_ROWS if max_rows is None else max_rows
        self.weight = 0

    def __dealloc__(self):
        cdef Py_ssize_t at
        for at in range(self._used):
            _release(&self._entries[(self._oldest + at) & (self._room - 1)])
        free(self._entries)

    def __len__(self):
        return self._used

    cdef Entry *_next(self) except NULL:
        cdef Entry *more
        cdef Py_ssize_t until_end
        if self._used == self._room:
            more = <Entry *>malloc(2 * self._room * sizeof(Entry))
            if more is NULL:
                raise MemoryError
            until_end = self._room - self._oldest
            memcpy(more, self._entries + self._oldest, until_end * sizeof(Entry))
            memcpy(more + until_end, self._entries, self._oldest * sizeof(Entry))
            free(self._entries)
            self._entries, self._room, self._oldest = more, 2 * self._room, 0
        self._used += 1
        return &self._entries[(self._oldest + self._used - 1) & (self._room - 1)]

    cpdef append(self, row):
        cdef Entry *entry = self._next()
        entry.shape, entry.first = 0, <PyObject *>row
        entry.second = entry.third = entry.fourth = NULL
        Py_INCREF(row)

    cdef int begun(self, object span) except -1:
        """A span that ends before its flow of control can be forgotten."""
        _hide(span)
        _hide((<tuple>span)[6])
        self.append(span)
        return 0

    cdef int ended(self, object span, object dynamic) except -1:
        cdef Entry *entry = self._next()
        _hide(dynamic)
        entry.shape, entry.ts, entry.first, entry.second = 3, now(), <PyObject *>span, <PyObject *>dynamic
        entry.third = entry.fourth = NULL
        Py_INCREF(span)
        Py_INCREF(dynamic)
        return 0

    cdef int happened(self, int shape, object flow, object above, object plan, object dynamic) except -1:
        """An instant (5), or a span in which nothing can happen (6)."""
        cdef Entry *entry = self._next()
        _hide(dynamic)
        entry.shape, entry.ts, entry.first, entry.second = shape, now(), <PyObject *>flow, <PyObject *>above
        entry.third, entry.fourth = <PyObject *>plan, <PyObject *>dynamic
        Py_INCREF(flow)
        Py_INCREF(above)
        Py_INCREF(plan)
        Py_INCREF(dynamic)
        return 0

    cpdef bint is_full(self):
        return self._used + self.weight // ROW_BYTES >= self.max_rows

    def charge(self, size):
        if not self.is_full():
            self.weight += size
            self.append(size)

    def trim(self):
        while self._used and self._used + self.weight // ROW_BYTES > self.max_rows:
            self.drop()

    def oldest(self):
        if not self._used:
            raise IndexError("The buffer is empty.")
        return _as_tuple(&self._entries[self._oldest])

    cpdef drop(self):
        if not self._used:
            raise IndexError("The buffer is empty.")
        cdef Entry entry = self._entries[self._oldest]
        self._oldest = (self._oldest + 1) & (self._room - 1)
        self._used -= 1
        if entry.shape == 0 and type(<object>entry.first) is int:
            self.weight -= <object>entry.first
        if not self._used:
            self.weight = 0
            self._shrink()
        _release(&entry)  # last: what is freed may call anything, also us

    cdef void _shrink(self) noexcept:
        """Give back what a test took that recorded in memory; nothing is in here."""
        cdef Entry *fewer
        if self._room > MANY:
            fewer = <Entry *>malloc(FEWEST * sizeof(Entry))
            if fewer is not NULL:
                free(self._entries)
                self._entries, self._room, self._oldest = fewer, FEWEST, 0

    def clear(self):
        while self._used:
            self.drop()
        self.weight = 0


cdef object _as_tuple(Entry *entry):
    """All is taken out of *entry* before a tuple is made: to make one may collect garbage, and
    what is collected may call anything, also us."""
    if entry.shape == 0:
        return <object>entry.first
    if entry.shape == 3:
        span, dynamic = <object>entry.first, <object>entry.second
        return entry.ts, span, dynamic
    flow, above, plan, dynamic = (
        <object>entry.first, <object>entry.second, <object>entry.third, <object>entry.fourth
    )
    if entry.shape == 5:
        return entry.ts, flow, above, plan, dynamic
    return entry.ts, flow, above, plan, dynamic, None


cdef void _release(Entry *entry):
    Py_XDECREF(entry.first)
    Py_XDECREF(entry.second)
    Py_XDECREF(entry.third)
    Py_XDECREF(entry.fourth)


cdef class Stamps:
    """As in rows.py; here they are numbers in a row."""

    cdef double _times[STAMPS]
    cdef int _used

    def __len__(self):
        return self._used

    cpdef bint stamp(self):
        """Whether there was no room for one."""
        if self._used == STAMPS:
            return True
        self._times[self._used] = now()
        self._used += 1
        return False

    def pop(self):
        self._used -= 1
        return self._times[self._used]

    def cut(self):
        taken = (<char *>self._times)[:self._used * sizeof(double)]
        self._used = 0
        return taken
