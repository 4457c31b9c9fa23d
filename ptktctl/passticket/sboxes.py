"""The S-boxes of DES (FIPS 46-3, Appendix 1) as circuits of AND, OR and XOR, to work on slices of bits.

Each takes a slice of ones, with which XOR negates, and its six bits, and gives its four; most significant bits first.
The circuits were found by a search as M. Kwan describes it ("Reducing the Gate Count of Bitslice DES", 2000): for each
bit of the result, what is there already or takes one or two more gates; else both halves that one bit of the input
tells apart, each with whatever suits where it does not count.
"""

from __future__ import annotations

from collections.abc import Callable

Outputs = tuple[int, int, int, int]
Circuit = Callable[[int, int, int, int, int, int, int], Outputs]


def _s1(ones: int, a: int, b: int, c: int, d: int, e: int, f: int) -> Outputs:
    t1 = a ^ d
    t2 = d ^ c
    t3 = t2 & a
    t4 = f | t3
    t5 = t1 ^ t4
    t6 = t4 ^ ones
    t7 = d | a
    t8 = t7 | t6
    t9 = t6 ^ (c & t8)
    t10 = f | ((t6 | e) ^ t1)
    t11 = (e & t7) ^ t10
    t12 = b | (t11 ^ (c | t9))
    t13 = (t5 ^ (e | t9)) ^ t12
    t14 = (c ^ a) ^ (f | (e ^ t13))
    t15 = t2 & f
    t16 = b | ((t5 ^ t8) ^ (e | (t15 ^ t3)))
    t17 = (t14 ^ (d & (t4 ^ t11))) ^ t16
    t18 = (t12 & t10) ^ t5
    t19 = (b ^ t9) ^ (c | t18)
    t20 = e & (((t16 & t9) ^ t10) ^ (c | (f ^ t17)))
    t21 = t19 ^ t20
    t22 = b & (d | t14)
    t23 = e | (((t22 ^ t19) & t12) ^ (a & (t5 & t18)))
    t24 = ((t9 ^ t15) ^ t22) ^ t23
    return t24, t13, t21, t17


def _s2(ones: int, a: int, b: int, c: int, d: int, e: int, f: int) -> Outputs:
    t1 = a ^ e
    t2 = f ^ ones
    t3 = c | t2
    t4 = t1 ^ t3
    t5 = e ^ d
    t6 = t4 ^ (d & (t5 | t3))
    t7 = e & a
    t8 = (t7 | c) ^ (d | t7)
    t9 = t6 ^ (b & (t3 ^ (f | t8)))
    t10 = t2 & a
    t11 = t10 ^ t5
    t12 = (t10 | t7) ^ f
    t13 = t4 ^ c
    t14 = e & t11
    t15 = (t11 ^ (c & t12)) ^ (b | ((t13 | a) ^ (d | t14)))
    t16 = t14 | t4
    t17 = b & ((t15 & a) ^ t12)
    t18 = (t16 ^ t6) ^ t17
    t19 = (t9 ^ (b | (t4 & t8))) ^ (a & t6)
    t20 = t18 ^ (f | t19)
    t21 = t1 ^ (a | ((t18 | t13) ^ t2))
    t22 = (((b ^ t12) ^ (a | t16)) ^ (c | t17)) ^ (d | t21)
    return t15, t9, t22, t20


def _s3(ones: int, a: int, b: int, c: int, d: int, e: int, f: int) -> Outputs:
    t1 = (c ^ b) ^ f
    t2 = b & t1
    t3 = t1 ^ (e | t2)
    t4 = t2 ^ a
    t5 = d | (t4 & f)
    t6 = (t2 ^ d) ^ c
    t7 = e | t6
    t8 = (t3 ^ t5) ^ (a | (t5 ^ t7))
    t9 = a | t8
    t10 = f | t9
    t11 = (e ^ t4) ^ (d | (t9 ^ t10))
    t12 = f ^ ones
    t13 = t12 ^ t10
    t14 = t13 ^ (c & ((t13 | t8) ^ t5))
    t15 = t11 ^ (b | t14)
    t16 = t3 ^ c
    t17 = (t16 ^ t7) ^ (a | (t2 & t11))
    t18 = t6 & t4
    t19 = t18 | t12
    t20 = d & (((f & a) & t1) ^ (e | t19))
    t21 = t17 ^ t20
    t22 = (t15 ^ t17) ^ (b & ((t20 & t7) ^ t13))
    t23 = c & (((t16 & t11) ^ t19) ^ (b | (t18 ^ ones)))
    t24 = t22 ^ t23
    return t15, t21, t24, t8


def _s4(ones: int, a: int, b: int, c: int, d: int, e: int, f: int) -> Outputs:
    t1 = e ^ d
    t2 = (c ^ ones) ^ (e & t1)
    t3 = b | t2
    t4 = t1 ^ t3
    t5 = c & t1
    t6 = b ^ t4
    t7 = t5 ^ (d | t6)
    t8 = a & t7
    t9 = t4 ^ t8
    t10 = (t2 ^ t6) ^ (d & (t3 ^ t7))
    t11 = e & (t2 | t4)
    t12 = t4 ^ t11
    t13 = t10 ^ (a & t12)
    t14 = t9 ^ (f | t13)
    t15 = t5 ^ t11
    t16 = (t15 ^ (a | (d & t7))) ^ (b & (c ^ t8))
    t17 = ((t10 ^ t1) ^ t12) ^ (a & ((t15 & t6) ^ d))
    t18 = t16 ^ (f & t17)
    t19 = (t17 | f) ^ t16
    t20 = (t13 & f) ^ t9
    return t18, t19, t14, t20


def _s5(ones: int, a: int, b: int, c: int, d: int, e: int, f: int) -> Outputs:
    t1 = (c ^ b) ^ (d | (f ^ ones))
    t2 = t1 ^ d
    t3 = t2 & b
    t4 = t1 ^ (e | t3)
    t5 = c ^ (e | (b | t1))
    t6 = (b ^ e) | t2
    t7 = c & t6
    t8 = t6 ^ t7
    t9 = t5 ^ (f | t8)
    t10 = t4 ^ (a | t9)
    t11 = t4 ^ f
    t12 = d | (t11 ^ t7)
    t13 = e & (t3 | t8)
    t14 = (t9 ^ t12) ^ t13
    t15 = t8 ^ d
    t16 = t15 & t10
    t17 = e & ((t12 & f) ^ t5)
    t18 = t16 ^ t17
    t19 = t14 ^ (a | t18)
    t20 = (t16 ^ e) ^ t5
    t21 = a | (((t19 | t17) ^ ones) ^ (d & (f & t1)))
    t22 = (((t18 & d) ^ t1) ^ (f & t20)) ^ t21
    t23 = d | (((t21 & t6) ^ t14) ^ (f & (e & t20)))
    t24 = ((t11 ^ t15) ^ (a | t13)) ^ t23
    return t22, t24, t10, t19


def _s6(ones: int, a: int, b: int, c: int, d: int, e: int, f: int) -> Outputs:
    t1 = f & a
    t2 = t1 ^ b
    t3 = t2 ^ (e | a)
    t4 = b & t2
    t5 = t4 ^ (e & a)
    t6 = t3 ^ (c | t5)
    t7 = (f & e) | t5
    t8 = f ^ d
    t9 = t8 & t6
    t10 = d & (t7 ^ (c & t9))
    t11 = t6 ^ t10
    t12 = t6 ^ t1
    t13 = t12 ^ t8
    t14 = c | (t3 & t12)
    t15 = t6 | c
    t16 = ((t9 ^ e) & t5) ^ (f & (t15 ^ t8))
    t17 = (t13 ^ t14) ^ (e & t16)
    t18 = t10 ^ (f & ((t16 & t14) ^ ones))
    t19 = (t5 ^ t12) ^ (a | c)
    t20 = t13 ^ ones
    t21 = d | (t19 ^ (e | (t20 | t15)))
    t22 = t18 ^ t21
    t23 = (t4 ^ t20) ^ (c & ((t19 & t17) ^ t7))
    t24 = (t12 & t22) ^ (b | ((t1 ^ a) | t11))
    t25 = t23 ^ (d & t24)
    return t22, t25, t17, t11


def _s7(ones: int, a: int, b: int, c: int, d: int, e: int, f: int) -> Outputs:
    t1 = (d & b) ^ e
    t2 = t1 & d
    t3 = t2 ^ b
    t4 = f | t3
    t5 = t1 ^ t4
    t6 = c | (f ^ t4)
    t7 = t5 ^ t6
    t8 = t1 | b
    t9 = t8 | d
    t10 = b ^ t8
    t11 = (t9 ^ (f | (t2 ^ t7))) ^ (c | t10)
    t12 = a & t11
    t13 = t7 ^ t12
    t14 = b & (f ^ c)
    t15 = (t9 ^ ones) | t14
    t16 = t3 ^ (d & (f & t7))
    t17 = e & t16
    t18 = t15 ^ t17
    t19 = f & t16
    t20 = a & ((t7 ^ t18) ^ (b & t19))
    t21 = t18 ^ t20
    t22 = ((t14 ^ c) ^ t5) ^ (d & (t6 ^ t17))
    t23 = (t21 & t19) ^ ones
    t24 = t22 ^ (a & t23)
    t25 = ((t20 ^ a) ^ t3) ^ (c | ((t22 ^ t15) ^ t23))
    t26 = f | ((t10 ^ t12) ^ (c & (t2 ^ t11)))
    t27 = t25 ^ t26
    return t13, t21, t27, t24


def _s8(ones: int, a: int, b: int, c: int, d: int, e: int, f: int) -> Outputs:
    t1 = c ^ a
    t2 = b ^ ones
    t3 = d | t2
    t4 = c | b
    t5 = t4 ^ t3
    t6 = a & t5
    t7 = (d & t2) ^ t6
    t8 = (t1 ^ t3) ^ (e | t7)
    t9 = t4 ^ d
    t10 = (t9 & t1) ^ b
    t11 = (t9 | t6) ^ (e | t10)
    t12 = t8 ^ (f & t11)
    t13 = t7 ^ (e | (c | t2))
    t14 = (t9 | e) ^ t3
    t15 = a | t14
    t16 = t13 ^ t15
    t17 = t14 ^ t8
    t18 = a & ((t13 | e) ^ t17)
    t19 = t16 ^ (f & ((t17 & t5) ^ t18))
    t20 = f | (t10 & t18)
    t21 = e & ((t4 ^ t15) ^ (f | (d | t13)))
    t22 = ((a ^ t13) ^ t20) ^ t21
    t23 = t8 ^ (f | ((t16 & t5) ^ t11))
    t24 = t23 ^ (a & (t20 ^ ones))
    return t24, t22, t19, t12


S_BOXES: tuple[Circuit, ...] = (_s1, _s2, _s3, _s4, _s5, _s6, _s7, _s8)
