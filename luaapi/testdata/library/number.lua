-- Numbers: how text reads as one and how one is written, operators, literals.
tonumber("10")
"10" + 0
math.abs("10")
tonumber("  10  ")
"  10  " + 0
math.abs("  10  ")
tonumber("\t10\n")
"\t10\n" + 0
math.abs("\t10\n")
tonumber("\v\f\r10")
"\v\f\r10" + 0
math.abs("\v\f\r10")
tonumber("")
"" + 0
math.abs("")
tonumber("   ")
"   " + 0
math.abs("   ")
tonumber("0x10")
"0x10" + 0
math.abs("0x10")
tonumber("0X1F")
"0X1F" + 0
math.abs("0X1F")
tonumber("-0x10")
"-0x10" + 0
math.abs("-0x10")
tonumber("0x")
"0x" + 0
math.abs("0x")
tonumber("0xg")
"0xg" + 0
math.abs("0xg")
tonumber("0x.8")
"0x.8" + 0
math.abs("0x.8")
tonumber("0x1.8")
"0x1.8" + 0
math.abs("0x1.8")
tonumber("0x1p4")
"0x1p4" + 0
math.abs("0x1p4")
tonumber("0x1P-2")
"0x1P-2" + 0
math.abs("0x1P-2")
tonumber("0x1p")
"0x1p" + 0
math.abs("0x1p")
tonumber("0x10.")
"0x10." + 0
math.abs("0x10.")
tonumber("1e")
"1e" + 0
math.abs("1e")
tonumber("1e5")
"1e5" + 0
math.abs("1e5")
tonumber("1E+5")
"1E+5" + 0
math.abs("1E+5")
tonumber("1e-5")
"1e-5" + 0
math.abs("1e-5")
tonumber("1e+")
"1e+" + 0
math.abs("1e+")
tonumber("e5")
"e5" + 0
math.abs("e5")
tonumber(".5")
".5" + 0
math.abs(".5")
tonumber("5.")
"5." + 0
math.abs("5.")
tonumber(".")
"." + 0
math.abs(".")
tonumber("-.5")
"-.5" + 0
math.abs("-.5")
tonumber("+5")
"+5" + 0
math.abs("+5")
tonumber("+-5")
"+-5" + 0
math.abs("+-5")
tonumber("--5")
"--5" + 0
math.abs("--5")
tonumber("- 5")
"- 5" + 0
math.abs("- 5")
tonumber("5 5")
"5 5" + 0
math.abs("5 5")
tonumber("5x")
"5x" + 0
math.abs("5x")
tonumber("x5")
"x5" + 0
math.abs("x5")
tonumber("inf")
"inf" + 0
math.abs("inf")
tonumber("INF")
"INF" + 0
math.abs("INF")
tonumber("-inf")
"-inf" + 0
math.abs("-inf")
tonumber("infinity")
"infinity" + 0
math.abs("infinity")
tonumber("infinit")
"infinit" + 0
math.abs("infinit")
tonumber("nan")
"nan" + 0
math.abs("nan")
tonumber("NaN")
"NaN" + 0
math.abs("NaN")
tonumber("nan(1)")
"nan(1)" + 0
math.abs("nan(1)")
tonumber("nan(a_1)")
"nan(a_1)" + 0
math.abs("nan(a_1)")
tonumber("nan(")
"nan(" + 0
math.abs("nan(")
tonumber("1_000")
"1_000" + 0
math.abs("1_000")
tonumber("010")
"010" + 0
math.abs("010")
tonumber("0010")
"0010" + 0
math.abs("0010")
tonumber("08")
"08" + 0
math.abs("08")
tonumber("0b1")
"0b1" + 0
math.abs("0b1")
tonumber("0o7")
"0o7" + 0
math.abs("0o7")
tonumber("1,5")
"1,5" + 0
math.abs("1,5")
tonumber("1e999")
"1e999" + 0
math.abs("1e999")
tonumber("-1e999")
"-1e999" + 0
math.abs("-1e999")
tonumber("1e-999")
"1e-999" + 0
math.abs("1e-999")
tonumber("10\0")
"10\0" + 0
math.abs("10\0")
tonumber("10\000x")
"10\000x" + 0
math.abs("10\000x")
tonumber("\00010")
"\00010" + 0
math.abs("\00010")
tonumber("9007199254740993")
"9007199254740993" + 0
math.abs("9007199254740993")
tonumber("123456789012345678901234567890")
"123456789012345678901234567890" + 0
math.abs("123456789012345678901234567890")
tonumber("0xffffffffffffffff")
"0xffffffffffffffff" + 0
math.abs("0xffffffffffffffff")
tonumber("0x1ffffffffffffffff")
"0x1ffffffffffffffff" + 0
math.abs("0x1ffffffffffffffff")
tonumber("1e1")
"1e1" + 0
math.abs("1e1")
tonumber("1d")
"1d" + 0
math.abs("1d")
tonumber("1f")
"1f" + 0
math.abs("1f")
tonumber("\194\16010")
"\194\16010" + 0
math.abs("\194\16010")
tonumber("10", 2)
tonumber("10", 8)
tonumber("10", 10)
tonumber("10", 16)
tonumber("10", 36)
tonumber("0x10", 2)
tonumber("0x10", 8)
tonumber("0x10", 10)
tonumber("0x10", 16)
tonumber("0x10", 36)
tonumber("z", 2)
tonumber("z", 8)
tonumber("z", 10)
tonumber("z", 16)
tonumber("z", 36)
tonumber("Z", 2)
tonumber("Z", 8)
tonumber("Z", 10)
tonumber("Z", 16)
tonumber("Z", 36)
tonumber("-ff", 2)
tonumber("-ff", 8)
tonumber("-ff", 10)
tonumber("-ff", 16)
tonumber("-ff", 36)
tonumber("ff", 2)
tonumber("ff", 8)
tonumber("ff", 10)
tonumber("ff", 16)
tonumber("ff", 36)
tonumber("7fffffffffffffff", 2)
tonumber("7fffffffffffffff", 8)
tonumber("7fffffffffffffff", 10)
tonumber("7fffffffffffffff", 16)
tonumber("7fffffffffffffff", 36)
tonumber("ffffffffffffffff", 2)
tonumber("ffffffffffffffff", 8)
tonumber("ffffffffffffffff", 10)
tonumber("ffffffffffffffff", 16)
tonumber("ffffffffffffffff", 36)
tonumber("10000000000000000", 2)
tonumber("10000000000000000", 8)
tonumber("10000000000000000", 10)
tonumber("10000000000000000", 16)
tonumber("10000000000000000", 36)
tonumber("1.5", 2)
tonumber("1.5", 8)
tonumber("1.5", 10)
tonumber("1.5", 16)
tonumber("1.5", 36)
tonumber("1e1", 2)
tonumber("1e1", 8)
tonumber("1e1", 10)
tonumber("1e1", 16)
tonumber("1e1", 36)
tonumber(" 12 ", 2)
tonumber(" 12 ", 8)
tonumber(" 12 ", 10)
tonumber(" 12 ", 16)
tonumber(" 12 ", 36)
tonumber("12 3", 2)
tonumber("12 3", 8)
tonumber("12 3", 10)
tonumber("12 3", 16)
tonumber("12 3", 36)
tonumber("", 2)
tonumber("", 8)
tonumber("", 10)
tonumber("", 16)
tonumber("", 36)
tonumber("-", 2)
tonumber("-", 8)
tonumber("-", 10)
tonumber("-", 16)
tonumber("-", 36)
tonumber("+7", 2)
tonumber("+7", 8)
tonumber("+7", 10)
tonumber("+7", 16)
tonumber("+7", 36)
tonumber("0x", 2)
tonumber("0x", 8)
tonumber("0x", 10)
tonumber("0x", 16)
tonumber("0x", 36)
tonumber("0xf", 2)
tonumber("0xf", 8)
tonumber("0xf", 10)
tonumber("0xf", 16)
tonumber("0xf", 36)
tonumber("x10", 2)
tonumber("x10", 8)
tonumber("x10", 10)
tonumber("x10", 16)
tonumber("x10", 36)
tonumber("8", 2)
tonumber("8", 8)
tonumber("8", 10)
tonumber("8", 16)
tonumber("8", 36)
tonumber("2", 2)
tonumber("2", 8)
tonumber("2", 10)
tonumber("2", 16)
tonumber("2", 36)
tonumber("-1", 2)
tonumber("-1", 8)
tonumber("-1", 10)
tonumber("-1", 16)
tonumber("-1", 36)
tonumber("9", 2)
tonumber("9", 8)
tonumber("9", 10)
tonumber("9", 16)
tonumber("9", 36)
tonumber("zz\0z", 2)
tonumber("zz\0z", 8)
tonumber("zz\0z", 10)
tonumber("zz\0z", 16)
tonumber("zz\0z", 36)
tonumber("\tff", 2)
tonumber("\tff", 8)
tonumber("\tff", 10)
tonumber("\tff", 16)
tonumber("\tff", 36)
tonumber()
tonumber(nil)
tonumber(nil, 10)
tonumber(nil, 16)
tonumber({})
tonumber({}, 16)
tonumber(true)
tonumber(10, 16)
tonumber(1.5, 16)
tonumber(1e15, 16)
tonumber("10", 1)
tonumber("10", 37)
tonumber("10", 0)
tonumber("10", -1)
tonumber("10", 2.9)
tonumber("10", "16")
tonumber("10", {})
tonumber("10", nil)
tonumber(print)
tonumber(12)
tonumber("10", 1e9)
tonumber("10", "x")
tostring(0)
(0) .. ""
string.format("%.17g", 0)
#tostring(0)
tostring(-0)
(-0) .. ""
string.format("%.17g", -0)
#tostring(-0)
tostring(1)
(1) .. ""
string.format("%.17g", 1)
#tostring(1)
tostring(-1)
(-1) .. ""
string.format("%.17g", -1)
#tostring(-1)
tostring(2)
(2) .. ""
string.format("%.17g", 2)
#tostring(2)
tostring(0.5)
(0.5) .. ""
string.format("%.17g", 0.5)
#tostring(0.5)
tostring(-0.5)
(-0.5) .. ""
string.format("%.17g", -0.5)
#tostring(-0.5)
tostring(3.7)
(3.7) .. ""
string.format("%.17g", 3.7)
#tostring(3.7)
tostring(-3.7)
(-3.7) .. ""
string.format("%.17g", -3.7)
#tostring(-3.7)
tostring(1e15)
(1e15) .. ""
string.format("%.17g", 1e15)
#tostring(1e15)
tostring(2^31)
(2^31) .. ""
string.format("%.17g", 2^31)
#tostring(2^31)
tostring(-2^31)
(-2^31) .. ""
string.format("%.17g", -2^31)
#tostring(-2^31)
tostring(2^53)
(2^53) .. ""
string.format("%.17g", 2^53)
#tostring(2^53)
tostring(1e100)
(1e100) .. ""
string.format("%.17g", 1e100)
#tostring(1e100)
tostring(1e-10)
(1e-10) .. ""
string.format("%.17g", 1e-10)
#tostring(1e-10)
tostring(1/0)
(1/0) .. ""
string.format("%.17g", 1/0)
#tostring(1/0)
tostring(-1/0)
(-1/0) .. ""
string.format("%.17g", -1/0)
#tostring(-1/0)
tostring(0/0)
(0/0) .. ""
string.format("%.17g", 0/0)
#tostring(0/0)
tostring(1e14)
(1e14) .. ""
string.format("%.17g", 1e14)
#tostring(1e14)
tostring(99999999999999)
(99999999999999) .. ""
string.format("%.17g", 99999999999999)
#tostring(99999999999999)
tostring(100000000000000)
(100000000000000) .. ""
string.format("%.17g", 100000000000000)
#tostring(100000000000000)
tostring(123456789012345)
(123456789012345) .. ""
string.format("%.17g", 123456789012345)
#tostring(123456789012345)
tostring(0.1)
(0.1) .. ""
string.format("%.17g", 0.1)
#tostring(0.1)
tostring(1/3)
(1/3) .. ""
string.format("%.17g", 1/3)
#tostring(1/3)
tostring(2/3)
(2/3) .. ""
string.format("%.17g", 2/3)
#tostring(2/3)
tostring(1e21)
(1e21) .. ""
string.format("%.17g", 1e21)
#tostring(1e21)
tostring(1e16)
(1e16) .. ""
string.format("%.17g", 1e16)
#tostring(1e16)
tostring(-1e15)
(-1e15) .. ""
string.format("%.17g", -1e15)
#tostring(-1e15)
tostring(12345.678)
(12345.678) .. ""
string.format("%.17g", 12345.678)
#tostring(12345.678)
tostring(1e-5)
(1e-5) .. ""
string.format("%.17g", 1e-5)
#tostring(1e-5)
tostring(0.0001)
(0.0001) .. ""
string.format("%.17g", 0.0001)
#tostring(0.0001)
tostring(0.00001)
(0.00001) .. ""
string.format("%.17g", 0.00001)
#tostring(0.00001)
tostring(5e-324)
(5e-324) .. ""
string.format("%.17g", 5e-324)
#tostring(5e-324)
tostring(1.7976931348623157e308)
(1.7976931348623157e308) .. ""
string.format("%.17g", 1.7976931348623157e308)
#tostring(1.7976931348623157e308)
tostring(100)
(100) .. ""
string.format("%.17g", 100)
#tostring(100)
tostring(255)
(255) .. ""
string.format("%.17g", 255)
#tostring(255)
tostring(3.14159265358979)
(3.14159265358979) .. ""
string.format("%.17g", 3.14159265358979)
#tostring(3.14159265358979)
tostring(2^63)
(2^63) .. ""
string.format("%.17g", 2^63)
#tostring(2^63)
tostring(-2^63)
(-2^63) .. ""
string.format("%.17g", -2^63)
#tostring(-2^63)
tostring(2^64)
(2^64) .. ""
string.format("%.17g", 2^64)
#tostring(2^64)
tostring(1e300*10)
(1e300*10) .. ""
string.format("%.17g", 1e300*10)
#tostring(1e300*10)
tostring(1e5)
(1e5) .. ""
string.format("%.17g", 1e5)
#tostring(1e5)
tostring(123456.789e3)
(123456.789e3) .. ""
string.format("%.17g", 123456.789e3)
#tostring(123456.789e3)
tostring(0.1+0.2)
(0.1+0.2) .. ""
string.format("%.17g", 0.1+0.2)
#tostring(0.1+0.2)
tostring(1-0.9)
(1-0.9) .. ""
string.format("%.17g", 1-0.9)
#tostring(1-0.9)
tostring(1e14+0.5)
(1e14+0.5) .. ""
string.format("%.17g", 1e14+0.5)
#tostring(1e14+0.5)
tostring(31.4e-1)
(31.4e-1) .. ""
string.format("%.17g", 31.4e-1)
#tostring(31.4e-1)
tostring(.5e1)
(.5e1) .. ""
string.format("%.17g", .5e1)
#tostring(.5e1)
tostring(5.)
(5.) .. ""
string.format("%.17g", 5.)
#tostring(5.)
tostring(5.e1)
(5.e1) .. ""
string.format("%.17g", 5.e1)
#tostring(5.e1)
tostring(0x10)
(0x10) .. ""
string.format("%.17g", 0x10)
#tostring(0x10)
tostring(0xABCDEF)
(0xABCDEF) .. ""
string.format("%.17g", 0xABCDEF)
#tostring(0xABCDEF)
tostring(0Xff)
(0Xff) .. ""
string.format("%.17g", 0Xff)
#tostring(0Xff)
tostring(0xffffffffff)
(0xffffffffff) .. ""
string.format("%.17g", 0xffffffffff)
#tostring(0xffffffffff)
tostring(010)
(010) .. ""
string.format("%.17g", 010)
#tostring(010)
tostring(0010)
(0010) .. ""
string.format("%.17g", 0010)
#tostring(0010)
tostring(0008)
(0008) .. ""
string.format("%.17g", 0008)
#tostring(0008)
tostring(00)
(00) .. ""
string.format("%.17g", 00)
#tostring(00)
tostring(0.)
(0.) .. ""
string.format("%.17g", 0.)
#tostring(0.)
tostring(3e0)
(3e0) .. ""
string.format("%.17g", 3e0)
#tostring(3e0)
tostring(1e02)
(1e02) .. ""
string.format("%.17g", 1e02)
#tostring(1e02)
tostring(1E-2)
(1E-2) .. ""
string.format("%.17g", 1E-2)
#tostring(1E-2)
tostring(1e999)
(1e999) .. ""
string.format("%.17g", 1e999)
#tostring(1e999)
tostring(1e-999)
(1e-999) .. ""
string.format("%.17g", 1e-999)
#tostring(1e-999)
"10" + 1
"0x10" * 2
" 5 " + 0
10 .. 20
-"2"
-"0x10"
-"x"
- -"3"
"5" - "2"
"6" / "4"
"7" % "4"
"2" ^ "3"
"a" + 1
1 + "a"
"" + 1
"10" < "9"
"10" == 10
"abc" < "abd"
"a" < "B"
"" < "a"
"a\0b" < "a\0c"
"a" < "a\0"
"a\0" < "a"
"\200" > "a"
"\255" > "\1"
"a" <= "a"
"Z" < "a"
1 < 2
1 < 1
-0 == 0
0/0 == 0/0
0/0 ~= 0/0
0/0 < 1
1/0 > 1e308
1 == "1"
nil == false
1 <= 1
"b" >= "a"
not nil
not 0
1 and 2
nil and 1
false or nil
nil or "x"
#"a\0b"
#{1,2,3}
#{}
#{n=1}
2^0.5 == math.sqrt(2)
"1_0" + 0
("0x1p4") + 0
"nan" ~= "nan"
"10" + "0x10"
10 + "  0x10  "
-'-5'
"1" .. 2 + 3
2^-1
-2^2
2^3^2
(-2)^2
(-8)^(1/3)
-"1e1"
1e15 .. "|" .. 1e14
-0 .. ""
0 * -1 .. ""
5 // 1
"5"/0
-"0"
"0"-0
(5) % (3)
(5) % (-3)
(5) % (0)
(5) % (0.1)
(5) % (1)
(5) % (1/0)
(5) % (-1/0)
(5) % (2)
(5) % (0.5)
(-5) % (3)
(-5) % (-3)
(-5) % (0)
(-5) % (0.1)
(-5) % (1)
(-5) % (1/0)
(-5) % (-1/0)
(-5) % (2)
(-5) % (0.5)
(5.5) % (3)
(5.5) % (-3)
(5.5) % (0)
(5.5) % (0.1)
(5.5) % (1)
(5.5) % (1/0)
(5.5) % (-1/0)
(5.5) % (2)
(5.5) % (0.5)
(-5.5) % (3)
(-5.5) % (-3)
(-5.5) % (0)
(-5.5) % (0.1)
(-5.5) % (1)
(-5.5) % (1/0)
(-5.5) % (-1/0)
(-5.5) % (2)
(-5.5) % (0.5)
(0) % (3)
(0) % (-3)
(0) % (0)
(0) % (0.1)
(0) % (1)
(0) % (1/0)
(0) % (-1/0)
(0) % (2)
(0) % (0.5)
(-0) % (3)
(-0) % (-3)
(-0) % (0)
(-0) % (0.1)
(-0) % (1)
(-0) % (1/0)
(-0) % (-1/0)
(-0) % (2)
(-0) % (0.5)
(1/0) % (3)
(1/0) % (-3)
(1/0) % (0)
(1/0) % (0.1)
(1/0) % (1)
(1/0) % (1/0)
(1/0) % (-1/0)
(1/0) % (2)
(1/0) % (0.5)
(-1/0) % (3)
(-1/0) % (-3)
(-1/0) % (0)
(-1/0) % (0.1)
(-1/0) % (1)
(-1/0) % (1/0)
(-1/0) % (-1/0)
(-1/0) % (2)
(-1/0) % (0.5)
(0/0) % (3)
(0/0) % (-3)
(0/0) % (0)
(0/0) % (0.1)
(0/0) % (1)
(0/0) % (1/0)
(0/0) % (-1/0)
(0/0) % (2)
(0/0) % (0.5)
(1e15) % (3)
(1e15) % (-3)
(1e15) % (0)
(1e15) % (0.1)
(1e15) % (1)
(1e15) % (1/0)
(1e15) % (-1/0)
(1e15) % (2)
(1e15) % (0.5)
(2^53) % (3)
(2^53) % (-3)
(2^53) % (0)
(2^53) % (0.1)
(2^53) % (1)
(2^53) % (1/0)
(2^53) % (-1/0)
(2^53) % (2)
(2^53) % (0.5)
(1e100) % (3)
(1e100) % (-3)
(1e100) % (0)
(1e100) % (0.1)
(1e100) % (1)
(1e100) % (1/0)
(1e100) % (-1/0)
(1e100) % (2)
(1e100) % (0.5)
(0.1) % (3)
(0.1) % (-3)
(0.1) % (0)
(0.1) % (0.1)
(0.1) % (1)
(0.1) % (1/0)
(0.1) % (-1/0)
(0.1) % (2)
(0.1) % (0.5)
(0.3) % (3)
(0.3) % (-3)
(0.3) % (0)
(0.3) % (0.1)
(0.3) % (1)
(0.3) % (1/0)
(0.3) % (-1/0)
(0.3) % (2)
(0.3) % (0.5)
(function(a, b) return a % b, a / b, a ^ b, a * b, -a end)(-4, 2)
(function(a, b) return a % b, a / b, a ^ b, a * b, -a end)(-4, -2)
(function(a, b) return a % b, a / b, a ^ b, a * b, -a end)(-4, 0.5)
(function(a, b) return a % b, a / b, a ^ b, a * b, -a end)(4, 2)
(function(a, b) return a % b, a / b, a ^ b, a * b, -a end)(4, -2)
(function(a, b) return a % b, a / b, a ^ b, a * b, -a end)(4, 0.5)
(function(a, b) return a % b, a / b, a ^ b, a * b, -a end)(7.5, 2)
(function(a, b) return a % b, a / b, a ^ b, a * b, -a end)(7.5, -2)
(function(a, b) return a % b, a / b, a ^ b, a * b, -a end)(7.5, 0.5)
(function(a, b) return a % b, a / b, a ^ b, a * b, -a end)(1/0, 2)
(function(a, b) return a % b, a / b, a ^ b, a * b, -a end)(1/0, -2)
(function(a, b) return a % b, a / b, a ^ b, a * b, -a end)(1/0, 0.5)
-4 % 2 .. ""
-6 % 3
5 % 3
(-5) % 3
-5 % 3
5 % -3
"17" % 5
17 % "5"
17 % 5 % 3
2 + 17 % 5 * 2
2 ^ 10 % 7
setmetatable({}, { __mod = function(a, b) return "m" end }) % 2
2 % setmetatable({}, { __mod = function(a, b) return a end })
"x" % setmetatable({}, { __mod = function(a, b) return a end })
"x" + setmetatable({}, { __add = function(a, b) return a, b end })
setmetatable({}, { __add = function(a, b) return b end }) + "x"
"3" + setmetatable({}, { __add = function(a, b) return a end })
-setmetatable({}, { __unm = function(a) return "u" end })
"a" + {}
{} + "a"
"1" + {}
"1" + nil
"x" * true
"x" ^ print
("x" % 2)
"1" % {}
setmetatable({}, { __add = function(a, b) return type(a) .. type(b) end }) + 1
"2" + setmetatable({}, { __add = function(a, b) return a .. type(b) end })
3 + "4"
"3" + 4
"3" + "4"
"q" + 4
3 + "q"
setmetatable({}, { __sub = function(a, b) return type(a) .. type(b) end }) - 1
"2" - setmetatable({}, { __sub = function(a, b) return a .. type(b) end })
3 - "4"
"3" - 4
"3" - "4"
"q" - 4
3 - "q"
setmetatable({}, { __mul = function(a, b) return type(a) .. type(b) end }) * 1
"2" * setmetatable({}, { __mul = function(a, b) return a .. type(b) end })
3 * "4"
"3" * 4
"3" * "4"
"q" * 4
3 * "q"
setmetatable({}, { __div = function(a, b) return type(a) .. type(b) end }) / 1
"2" / setmetatable({}, { __div = function(a, b) return a .. type(b) end })
3 / "4"
"3" / 4
"3" / "4"
"q" / 4
3 / "q"
setmetatable({}, { __mod = function(a, b) return type(a) .. type(b) end }) % 1
"2" % setmetatable({}, { __mod = function(a, b) return a .. type(b) end })
3 % "4"
"3" % 4
"3" % "4"
"q" % 4
3 % "q"
setmetatable({}, { __pow = function(a, b) return type(a) .. type(b) end }) ^ 1
"2" ^ setmetatable({}, { __pow = function(a, b) return a .. type(b) end })
3 ^ "4"
"3" ^ 4
"3" ^ "4"
"q" ^ 4
3 ^ "q"
