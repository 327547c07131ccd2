"""Interpreter tasks about numbers: arithmetic, word problems, percentages, units, number theory, small loops.

A table of ``Kind``: the program copies the request's values and applies the named operation. Read by
``interpreter_episodes``.
"""

from __future__ import annotations

from scripts.glmkit_mini.interpreter_kinds import Kind

ARITHMETIC = (
    Kind(
        {"a": "int 1 999999", "b": "int 1 999999"},
        "print($a + $b)",
        (
            "What is $a + $b?",
            "Add $a and $b.",
            "Calculate $a plus $b.",
            "$a+$b=?",
            "Find the sum of $a and $b.",
            "How much is $a plus $b?",
        ),
        ("$a + $b等于多少？", "计算$a加$b。", "$a+$b等于几？", "求$a与$b的和。", "$a加上$b是多少？"),
        ("The sum is $result.|$a + $b = $result.", "和是$result。|$a + $b等于$result。"),
    ),
    Kind(
        {"a": "int 100 999999", "b": "int 1 9999"},
        "print($a - $b)",
        (
            "What is $a - $b?",
            "Subtract $b from $a.",
            "Calculate $a minus $b.",
            "$a-$b=?",
            "Find the difference between $a and $b.",
            "Take $b away from $a.",
        ),
        ("$a - $b等于多少？", "计算$a减$b。", "$a-$b等于几？", "$a减去$b是多少？", "求$a与$b的差。"),
        ("The difference is $result.|$a - $b = $result.", "差是$result。|$a - $b等于$result。"),
    ),
    Kind(
        {"a": "int 2 99999", "b": "int 2 9999"},
        "print($a * $b)",
        (
            "What is $a * $b?",
            "Multiply $a by $b.",
            "Calculate $a times $b.",
            "$a*$b=?",
            "$a x $b = ?",
            "Find the product of $a and $b.",
        ),
        ("$a * $b等于多少？", "计算$a乘以$b。", "$a×$b等于几？", "$a乘$b是多少？", "求$a与$b的积。"),
        ("The product is $result.|$a * $b = $result.", "积是$result。|$a * $b等于$result。"),
    ),
    Kind(
        {"a": "int 10 99999", "b": "int 2 99"},
        "print(round($a / $b, 2))",
        (
            "What is $a / $b?",
            "Divide $a by $b.",
            "Calculate $a divided by $b.",
            "$a/$b=?",
            "Find the quotient of $a and $b.",
        ),
        ("$a / $b等于多少？", "计算$a除以$b。", "$a÷$b等于几？", "$a除以$b是多少？", "求$a除以$b的商。"),
        ("The quotient is $result.|$a / $b = $result.", "商是$result。|$a / $b等于$result。"),
    ),
    Kind(
        {"a": "int 10 99999", "b": "int 2 99"},
        "print($a % $b)",
        (
            "What is the remainder of $a divided by $b?",
            "Calculate $a mod $b.",
            "Find the remainder when $a is divided by $b.",
            "$a % $b = ?",
            "What remains when you divide $a by $b?",
        ),
        ("$a除以$b的余数是多少？", "计算$a mod $b。", "求$a除以$b的余数。", "$a % $b等于几？", "$a被$b除余几？"),
        ("The remainder is $result.", "余数是$result。"),
    ),
    Kind(
        {"a": "int 2 999", "b": "int 2 999", "c": "int 2 999"},
        "print($a * $b + $c)",
        (
            "What is $a * $b + $c?",
            "Multiply $a by $b and add $c.",
            "Calculate $a times $b plus $c.",
            "Compute $a*$b+$c.",
            "Take $a, multiply it by $b, then add $c.",
        ),
        (
            "$a * $b + $c等于多少？",
            "计算$a乘以$b再加$c。",
            "$a×$b+$c等于几？",
            "$a乘$b加$c是多少？",
            "先算$a乘$b，再加上$c。",
        ),
    ),
    Kind(
        {"a": "int 2 999", "b": "int 2 999", "c": "int 2 99"},
        "print(($a + $b) * $c)",
        (
            "What is ($a + $b) * $c?",
            "Add $a and $b, then multiply by $c.",
            "Calculate ($a+$b)*$c.",
            "Multiply the sum of $a and $b by $c.",
        ),
        ("($a + $b) * $c等于多少？", "先把$a和$b相加，再乘以$c。", "计算($a+$b)×$c。", "$a与$b的和乘以$c是多少？"),
    ),
    Kind(
        {"a": "int 2 999", "b": "int 2 999", "c": "int 2 999"},
        "print($a + $b - $c)",
        (
            "What is $a + $b - $c?",
            "Add $a and $b, then subtract $c.",
            "Compute $a+$b-$c.",
            "Calculate $a plus $b minus $c.",
        ),
        ("$a + $b - $c等于多少？", "先把$a和$b相加，再减$c。", "计算$a+$b-$c。", "$a加$b减$c是多少？"),
    ),
    Kind(
        {"a": "dec 1 99", "b": "dec 1 99"},
        "print(round($a * $b, 2))",
        ("What is $a * $b?", "Multiply $a by $b.", "Calculate $a times $b.", "Find the product of $a and $b."),
        ("$a * $b等于多少？", "计算$a乘以$b。", "$a×$b等于几？", "求$a与$b的积。"),
        ("The product is $result.", "积是$result。"),
    ),
    Kind(
        {"a": "dec 1 999", "b": "dec 1 999"},
        "print(round($a + $b, 2))",
        ("What is $a + $b?", "Add $a and $b.", "Calculate $a plus $b.", "Find the sum of $a and $b."),
        ("$a + $b等于多少？", "计算$a加$b。", "$a+$b等于几？", "求$a与$b的和。"),
        ("The sum is $result.", "和是$result。"),
    ),
    Kind(
        {"a": "int 2 99", "b": "int 2 9"},
        "print($a ** $b)",
        (
            "What is $a to the power of $b?",
            "Calculate $a^$b.",
            "Raise $a to the power $b.",
            "Compute $a ** $b.",
            "What is the power $b of $a?",
        ),
        ("$a的$b次方是多少？", "计算$a^$b。", "求$a的$b次幂。", "$a ** $b等于多少？", "把$a自乘$b次，结果是多少？"),
    ),
    Kind(
        {"a": "int 2 9999"},
        "print($a ** 2)",
        ("What is the square of $a?", "Square $a.", "Calculate $a squared.", "What is $a times itself?"),
        ("$a的平方是多少？", "计算$a的平方。", "求$a的平方。", "$a乘以它自己是多少？"),
        ("The square of $a is $result.", "$a的平方是$result。"),
    ),
    Kind(
        {"a": "int 2 99999"},
        "import math\nprint(round(math.sqrt($a), 2))",
        (
            "What is the square root of $a?",
            "Calculate the square root of $a.",
            "sqrt($a) = ?",
            "Find the root of $a to two decimals.",
        ),
        ("$a的平方根是多少？", "计算$a的平方根。", "求根号$a，保留两位小数。", "把$a开平方是多少？"),
        ("The square root of $a is $result.", "$a的平方根是$result。"),
    ),
)

NUMBER_THEORY = (
    Kind(
        {"a": "int 2 9999"},
        "n = $a\nprint(n > 1 and all(n % i for i in range(2, int(n ** 0.5) + 1)))",
        ("Is $a a prime number?", "Check whether $a is prime.", "Is $a prime?", "Tell me if $a is a prime."),
        ("$a是质数吗？", "判断$a是不是质数。", "$a是素数吗？", "检查一下$a是否为质数。"),
        ("$verdict, the check says $result.", "$verdict，检查结果是$result。"),
    ),
    Kind(
        {"a": "int 10 60"},
        "print([n for n in range(2, $a + 1) if all(n % i for i in range(2, n))])",
        (
            "List all primes up to $a.",
            "Which prime numbers are not larger than $a?",
            "Show the primes up to $a.",
            "Find every prime up to $a.",
        ),
        ("列出$a以内的所有质数。", "$a以内有哪些质数？", "求不大于$a的质数。", "找出$a以内的素数。"),
        ("The primes are $result.", "质数有$result。"),
    ),
    Kind(
        {"a": "int 4 9999", "b": "int 4 9999"},
        "import math\nprint(math.gcd($a, $b))",
        (
            "What is the greatest common divisor of $a and $b?",
            "Find the gcd of $a and $b.",
            "gcd($a, $b) = ?",
            "Calculate the largest number that divides both $a and $b.",
        ),
        ("$a和$b的最大公约数是多少？", "求$a和$b的最大公约数。", "gcd($a, $b)等于几？", "计算$a与$b的最大公因数。"),
        ("The greatest common divisor is $result.", "最大公约数是$result。"),
    ),
    Kind(
        {"a": "int 2 999", "b": "int 2 999"},
        "import math\nprint(math.lcm($a, $b))",
        (
            "What is the least common multiple of $a and $b?",
            "Find the lcm of $a and $b.",
            "lcm($a, $b) = ?",
            "Calculate the smallest common multiple of $a and $b.",
        ),
        ("$a和$b的最小公倍数是多少？", "求$a和$b的最小公倍数。", "lcm($a, $b)等于几？", "计算$a与$b的最小公倍数。"),
        ("The least common multiple is $result.", "最小公倍数是$result。"),
    ),
    Kind(
        {"a": "int 3 20"},
        "import math\nprint(math.factorial($a))",
        (
            "What is $a factorial?",
            "Calculate $a!.",
            "Find the factorial of $a.",
            "Compute the factorial of the number $a.",
        ),
        ("$a的阶乘是多少？", "计算$a!。", "求$a的阶乘。", "算一下$a的阶乘。"),
        ("The factorial of $a is $result.", "$a的阶乘是$result。"),
    ),
    Kind(
        {"a": "int 5 60"},
        "a, b = 0, 1\nfor _ in range($a):\n    a, b = b, a + b\nprint(a)",
        (
            "What is the Fibonacci number $a?",
            "Calculate Fibonacci number $a.",
            "Compute the Fibonacci number with index $a.",
            "Find fibonacci($a).",
        ),
        (
            "第$a个斐波那契数是多少？",
            "计算第$a个斐波那契数。",
            "求斐波那契数列的第$a项。",
            "斐波那契数列第$a项的值是多少？",
        ),
        ("Fibonacci number $a is $result.", "第$a个斐波那契数是$result。"),
    ),
    Kind(
        {"a": "int 5 12"},
        "a, b = 0, 1\nnumbers = []\nfor _ in range($a):\n    numbers.append(a)\n    a, b = b, a + b\nprint(numbers)",
        (
            "List the first $a Fibonacci numbers.",
            "Show the first $a numbers of the Fibonacci sequence.",
            "Print $a Fibonacci numbers.",
            "Give me the first $a Fibonacci numbers.",
        ),
        ("列出前$a个斐波那契数。", "写出斐波那契数列的前$a项。", "输出$a个斐波那契数。", "给我前$a个斐波那契数。"),
        ("The numbers are $result.", "这些数是$result。"),
    ),
    Kind(
        {"a": "int 2 999"},
        "print([i for i in range(1, $a + 1) if $a % i == 0])",
        (
            "List all divisors of $a.",
            "What are the divisors of $a?",
            "Find the factors of $a.",
            "Which numbers divide $a?",
        ),
        ("列出$a的所有约数。", "$a的因数有哪些？", "求$a的所有因数。", "哪些数能整除$a？"),
        ("The divisors are $result.", "约数有$result。"),
    ),
    Kind(
        {"a": "int 10 9999"},
        "print(sum(range(1, $a + 1)))",
        (
            "What is the sum of the numbers from 1 to $a?",
            "Add all numbers from 1 to $a.",
            "Sum 1 to $a.",
            "Calculate 1 + 2 + ... + $a.",
        ),
        ("1到$a的和是多少？", "计算从1加到$a的和。", "求1到$a所有整数的和。", "1+2+...+$a等于多少？"),
        ("The sum is $result.", "和是$result。"),
    ),
    Kind(
        {"a": "int 10 999"},
        "print(sum(n for n in range(1, $a + 1) if n % 2 == 0))",
        (
            "What is the sum of the even numbers from 1 to $a?",
            "Add the even numbers up to $a.",
            "Sum all even numbers from 1 to $a.",
        ),
        ("1到$a之间所有偶数的和是多少？", "求$a以内偶数的和。", "计算1到$a的偶数之和。"),
        ("The sum is $result.", "和是$result。"),
    ),
    Kind(
        {"a": "int 10 999"},
        "print(sum(n for n in range(1, $a + 1) if n % 2 == 1))",
        (
            "What is the sum of the odd numbers from 1 to $a?",
            "Add the odd numbers up to $a.",
            "Sum all odd numbers from 1 to $a.",
        ),
        ("1到$a之间所有奇数的和是多少？", "求$a以内奇数的和。", "计算1到$a的奇数之和。"),
        ("The sum is $result.", "和是$result。"),
    ),
    Kind(
        {"a": "int 100 999999"},
        "print(sum(int(d) for d in str($a)))",
        (
            "What is the sum of the digits of $a?",
            "Add the digits of $a.",
            "Find the digit sum of $a.",
            "Calculate the cross sum of $a.",
        ),
        ("$a的各位数字之和是多少？", "求$a各位数字的和。", "把$a的每一位数字加起来。", "计算$a的数字和。"),
        ("The digit sum is $result.", "各位数字之和是$result。"),
    ),
    Kind(
        {"a": "int 2 9999"},
        "print(bin($a)[2:])",
        (
            "Convert $a to binary.",
            "What is $a in binary?",
            "Write $a as a binary number.",
            "Show the binary form of $a.",
        ),
        ("把$a转换成二进制。", "$a的二进制是多少？", "用二进制表示$a。", "将$a写成二进制数。"),
        ("$a in binary is $result.", "$a的二进制是$result。"),
    ),
    Kind(
        {"a": "int 10 99999"},
        "print(hex($a)[2:])",
        (
            "Convert $a to hexadecimal.",
            "What is $a in hexadecimal?",
            "Write $a as a hex number.",
            "Show the hexadecimal form of $a.",
        ),
        ("把$a转换成十六进制。", "$a的十六进制是多少？", "用十六进制表示$a。", "将$a写成十六进制数。"),
        ("$a in hexadecimal is $result.", "$a的十六进制是$result。"),
    ),
    Kind(
        {"a": "int 2 99", "b": "int 3 12"},
        "for i in range(1, $b + 1):\n    print($a * i)",
        (
            "Print the first $b multiples of $a.",
            "List $b multiples of $a, one per line.",
            "Show the first $b multiples of the number $a.",
        ),
        ("打印$a的前$b个倍数。", "逐行列出$a的$b个倍数。", "输出$a的前$b个倍数，每行一个。"),
        ("The multiples are:\n$result", "这些倍数是：\n$result"),
    ),
    Kind(
        {"a": "int 3 12"},
        "print([i ** 2 for i in range(1, $a + 1)])",
        (
            "List the squares of the numbers from 1 to $a.",
            "Show the squares from 1 to $a.",
            "What are the first $a square numbers?",
        ),
        ("列出1到$a的平方。", "1到$a每个数的平方是多少？", "写出前$a个平方数。"),
        ("The squares are $result.", "平方数是$result。"),
    ),
)
