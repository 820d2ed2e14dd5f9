# To ask a thread-local takes as long as to write a row, so the last answer is kept, under a number
# that no other thread of this process ever has.

cdef unsigned long long _last_thread = 0
cdef Flow _last_flow = None


cdef Flow _flow_of_thread():
    global _last_thread, _last_flow
    cdef unsigned long long thread = PyThreadState_GetID(PyThreadState_Get())
    if thread == _last_thread:
        return _last_flow
    cdef Flow flow = FLOWS.flow
    # Both at once: where the earlier one is freed other threads may run, and come by here.
    earlier = _last_flow
    _last_thread, _last_flow = thread, flow
    return flow


cdef int _forget_thread() except -1:
    global _last_thread, _last_flow
    _last_thread, _last_flow = 0, None
    return 0
