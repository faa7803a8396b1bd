"""The compiled core: functions of a tenant's state and of a request, both records of a fixed layout.

`s` is a record of `layout.STATE`, `x` one of `layout.REQUEST`, `c` one of `layout.SETTINGS`. Compiled code
checks no index: what it indexes with is bounded here, and a state from outside is checked before it comes
here.
"""
