"""unittest's own assertions, by their names in nose."""

from unittest import TestCase

_case = TestCase()
assert_equal = assert_equals = _case.assertEqual
assert_true = _case.assertTrue
assert_false = _case.assertFalse
assert_raises = _case.assertRaises
