"""What tasks about numbers are called in further words: see ``interpreter_phrasings``. The key is a kind's first phrasing."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class More:
    """Alternatives split by "|": names of the result and deeds, in English and Chinese, then whole requests."""

    names: str = ""
    deeds: str = ""
    names_zh: str = ""
    deeds_zh: str = ""
    whole: str = ""
    whole_zh: str = ""

    def of(self, language: str) -> tuple[str, str, str]:
        """Return names, deeds and whole requests."""
        if language == "zh":
            return self.names_zh, self.deeds_zh, self.whole_zh
        return self.names, self.deeds, self.whole


MORE_NUMBERS = {
    "What is $a + $b?": More(
        "the sum of $a and $b|$a + $b|$a+$b|the total of $a and $b|$a and $b together|the result of $a + $b",
        "add $b to $a|add up $a and $b|sum $a and $b|compute $a + $b|put $a and $b together",
        "$a + $b|$a+$b|$a与$b之和|$a和$b的总和|$a加$b的结果",
        "把$a和$b相加|将$a加上$b|算$a+$b|计算 $a + $b",
        "$a plus $b|$a + $b = ?|What does $a + $b equal?|What do $a and $b make?|$a + $b",
        "$a加$b等于几？|$a+$b|$a + $b = ?|$a加$b是多少|$a和$b加起来是多少？",
    ),
    "What is $a - $b?": More(
        "the difference of $a and $b|$a - $b|$a minus $b|$a less $b|the result of $a - $b",
        "subtract $b from $a|compute $a - $b|deduct $b from $a|take $b from $a|reduce $a by $b",
        "$a - $b|$a-$b|$a与$b之差|$a和$b的差|$a减$b的结果",
        "从$a中减去$b|用$a减去$b|算$a-$b|计算 $a - $b",
        "$a minus $b|$a - $b = ?|What does $a - $b equal?|$a - $b|How much is left of $a without $b?",
        "$a减$b等于几？|$a-$b|$a - $b = ?|$a比$b多多少？|$a减掉$b还有多少？",
    ),
    "What is $a * $b?": More(
        "the product of $a and $b|$a * $b|$a times $b|$a multiplied by $b|the result of $a * $b|the product $a * $b",
        "multiply $a and $b|multiply $a with $b|compute $a * $b|compute the product of $a and $b",
        "$a * $b|$a×$b|$a与$b的乘积|$a和$b的积|$a乘$b的结果|$a乘以$b",
        "把$a和$b相乘|将$a乘以$b|算$a×$b|计算 $a * $b",
        "$a times $b|$a * $b = ?|What does $a * $b equal?|$a * $b|What is $a x $b?|$a×$b=?",
        "$a乘以$b等于几？|$a*$b|$a × $b = ?|$a和$b相乘得多少？|$a个$b是多少？",
    ),
    "What is $a / $b?": More(
        "the quotient of $a and $b|$a / $b|$a divided by $b|$a over $b|the result of $a / $b|the ratio of $a to $b",
        "divide $a by $b|compute $a / $b|compute the quotient of $a and $b|split $a into $b equal parts",
        "$a / $b|$a÷$b|$a除以$b的结果|$a与$b的商|$a和$b的商|$a和$b之比",
        "用$a除以$b|把$a除以$b|算$a÷$b|计算 $a / $b",
        "$a / $b|$a ÷ $b = ?|What does $a / $b equal?|How much is $a divided by $b?",
        "$a÷$b|$a / $b = ?|$a除以$b等于几？|$a除以$b得多少？",
    ),
    "What is the remainder of $a divided by $b?": More(
        "the remainder of $a / $b|$a modulo $b|the rest of $a divided by $b|what is left when $a is divided by $b",
        "compute $a modulo $b|get the remainder of $a by $b",
        "$a除以$b的余数|$a模$b的值|$a除$b所得的余数|$a对$b取余的结果",
        "用$a对$b取模|求余：$a除以$b",
        "Divide $a by $b. What is the remainder?|What remains of $a after division by $b?|$a mod $b = ?"
        "|What is left over when $a is divided by $b?|If I divide $a by $b, what is the rest?",
        "$a除以$b余几？|$a除以$b，余数是多少？|$a % $b是多少？|用$b去除$a，余多少？|$a除以$b还剩几？|$a被$b除，余数是几？",
    ),
    "What is $a * $b + $c?": More(
        "$a * $b + $c|$a times $b plus $c|the product of $a and $b plus $c",
        "multiply $a by $b and then add $c|add $c to the product of $a and $b|take $a times $b and add $c",
        "$a * $b + $c|$a乘$b加$c的结果|$a与$b的积加上$c",
        "先把$a和$b相乘，再加$c|用$a乘$b，然后加上$c",
        "Multiply $a with $b, then add $c.|First multiply $a by $b, then add $c to it.",
        "先乘后加：$a乘以$b，加$c。|$a和$b相乘再加上$c是多少？",
    ),
    "What is ($a + $b) * $c?": More(
        "($a + $b) * $c|($a+$b)*$c|the sum of $a and $b times $c|the sum of $a and $b, multiplied by $c",
        "add $a to $b and multiply the sum by $c|add $a and $b and multiply the result by $c",
        "($a + $b) * $c|$a加$b的和再乘$c的结果|$a与$b之和的$c倍",
        "把$a和$b加起来，再乘$c|先加后乘：$a加$b，乘以$c",
        "First add $a and $b, then multiply by $c.|Take $a plus $b, then times $c.",
        "$a加$b的和乘$c等于多少？|先算$a加$b，再乘以$c。",
    ),
    "What is $a + $b - $c?": More(
        "$a + $b - $c|$a+$b-$c|the sum of $a and $b minus $c|the sum of $a and $b less $c",
        "add $a to $b and take away $c|subtract $c from the sum of $a and $b|add $b to $a, then subtract $c",
        "$a + $b - $c|$a+$b-$c|$a与$b的和减去$c的结果",
        "把$a加$b，再减去$c|先加后减：$a加$b，减$c",
        "First add $a and $b, then take away $c.|What is $a plus $b less $c?",
        "$a加上$b再减去$c是多少？|先算$a加$b，再减去$c。",
    ),
    "What is $a to the power of $b?": More(
        "$a to the power $b|$a raised to the power of $b|$a^$b|$a ** $b|the $b-th power of $a|$a raised to $b",
        "raise $a to the power of $b|compute $a^$b|multiply $a by itself $b times",
        "$a的$b次方|$a的$b次幂|$a^$b|$a ** $b|以$a为底的$b次方",
        "计算$a的$b次方|把$a乘方$b次|算$a^$b",
        "$a to the $b = ?|How much is $a to the power of $b?|$a^$b = ?|What do $b factors of $a make?",
        "$a的$b次方等于几？|$a^$b等于多少？|$b个$a相乘是多少？|$a自己乘$b次是多少？",
    ),
    "What is the square of $a?": More(
        "the square of $a|$a squared|$a^2|the second power of $a",
        "square $a|square the number $a|compute $a squared|multiply $a by itself|take $a times itself",
        "$a的平方|$a的二次方|$a^2|$a乘$a的结果",
        "把$a平方|求$a的二次方|用$a乘以它本身",
        "How much is $a squared?|$a squared = ?|$a times $a = ?|How much is $a times itself?",
        "$a的平方等于几？|$a乘$a等于多少？|$a和它自己相乘得多少？|$a乘以自己等于几？",
    ),
    "What is the square root of $a?": More(
        "the square root of $a|the root of $a|sqrt($a)|the square root of the number $a, rounded",
        "take the square root of $a|compute sqrt($a)|extract the square root of $a|round the root of $a to two digits",
        "$a的平方根|根号$a|$a开平方的结果|$a的算术平方根",
        "对$a开平方|求根号$a|给$a开方",
        "Which number squared gives $a?|How much is the root of $a?|Square root of $a, two decimals.",
        "根号$a等于多少？|$a开方是多少？|哪个数的平方是$a？|$a开平方等于几？",
    ),
    "Is $a a prime number?": More(
        "",
        "check if $a is prime|test whether $a is a prime number|find out if $a is prime|decide if $a is prime",
        "",
        "判断$a是否是质数|检查$a是不是素数|看看$a是不是质数|验证$a是否为素数",
        "Is $a a prime?|Is the number $a prime?|Is $a prime or not?|$a: prime or not?|Can $a be called prime?"
        "|Tell me whether $a is prime.|Do you know if $a is a prime number?|Is it true that $a is prime?",
        "$a是不是质数？|$a是否是素数？|$a是一个质数吗？|请问$a是质数吗？|$a是不是素数？|$a算质数吗？|帮我看看$a是质数吗？",
    ),
    "List all primes up to $a.": More(
        "all primes up to $a|the prime numbers up to $a|every prime from 2 to $a|the primes below or equal to $a",
        "list the primes up to $a|print all prime numbers up to $a|collect every prime that is at most $a",
        "$a以内的质数|$a以内的全部素数|不超过$a的质数|2到$a之间的素数",
        "列出$a以内的素数|输出不超过$a的所有质数|写出2到$a的质数",
        "Which primes are there up to $a?|What primes are at most $a?",
        "$a以内的素数有哪些？|不超过$a的质数有哪些？|1到$a有哪些素数？",
    ),
    "What is the greatest common divisor of $a and $b?": More(
        "the greatest common divisor of $a and $b|the gcd of $a and $b|gcd($a, $b)|the greatest common factor of $a and $b"
        "|the highest common factor of $a and $b|the largest common divisor of $a and $b",
        "get the gcd of $a and $b|find the largest number dividing $a and $b|find what divides both $a and $b at most",
        "$a和$b的最大公约数|$a与$b的最大公约数|$a、$b的最大公因数|gcd($a, $b)|$a跟$b的最大公因数",
        "求$a与$b的最大公约数|找出能整除$a和$b的最大的数",
        "Which is the largest number that divides $a and $b?|What number is the biggest divisor of both $a and $b?",
        "能同时整除$a和$b的最大的数是多少？|$a和$b最大的公约数是几？",
    ),
    "What is the least common multiple of $a and $b?": More(
        "the least common multiple of $a and $b|the lcm of $a and $b|lcm($a, $b)|the lowest common multiple of $a and $b"
        "|the smallest multiple that $a and $b share",
        "get the lcm of $a and $b|find the smallest number that $a and $b both divide",
        "$a和$b的最小公倍数|$a、$b的最小公倍数|lcm($a, $b)|$a跟$b的最小公倍数",
        "找出$a和$b最小的公倍数|求$a、$b的最小公倍数",
        "Which is the smallest multiple of both $a and $b?|What is the smallest number divisible by $a and $b?",
        "能被$a和$b整除的最小的数是多少？|$a和$b最小的公倍数是几？",
    ),
    "What is $a factorial?": More(
        "the factorial of $a|$a factorial|$a!|factorial($a)|the product of all numbers from 1 to $a",
        "compute $a factorial|take the factorial of $a|multiply all numbers from 1 to $a",
        "$a的阶乘|$a!|$a阶乘的值|1到$a所有整数的乘积",
        "计算$a的阶乘|求$a!|把1到$a的数全部相乘",
        "How much is $a!?|$a! = ?|factorial of $a",
        "$a!等于多少？|$a的阶乘等于几？|$a! = ?",
    ),
    "What is the Fibonacci number $a?": More(
        "Fibonacci number $a|the Fibonacci number with index $a|fibonacci($a)|the value of fibonacci($a)|F($a), a Fibonacci number"
        "|term $a of the Fibonacci sequence|fib($a)",
        "compute fibonacci($a)|calculate the Fibonacci number of index $a",
        "斐波那契数列第$a个数|第$a个斐波那契数|斐波那契数列的第$a项|fibonacci($a)",
        "计算斐波那契数列第$a个数|求fibonacci($a)",
        "Which number is at index $a of the Fibonacci sequence?|fibonacci($a) = ?|fib($a)?",
        "斐波那契数列里第$a项是几？|fib($a)是多少？|斐波那契数列第$a个数是多少？",
    ),
    "List the first $a Fibonacci numbers.": More(
        "the first $a Fibonacci numbers|the first $a terms of the Fibonacci sequence|a list of $a Fibonacci numbers",
        "list $a Fibonacci numbers|write down the first $a Fibonacci numbers|generate $a Fibonacci numbers",
        "前$a个斐波那契数|斐波那契数列前$a项",
        "写出前$a个斐波那契数|生成斐波那契数列的前$a项|列出$a个斐波那契数",
        "How does the Fibonacci sequence begin? Show $a numbers.",
        "斐波那契数列的前$a个数是什么？|斐波那契数列前$a项有哪些？",
    ),
    "List all divisors of $a.": More(
        "the divisors of $a|all divisors of $a|all factors of $a|every number that divides $a|the list of divisors of $a",
        "list the factors of $a|find all numbers that divide $a|print every divisor of $a",
        "$a的约数|$a的全部因数|$a的所有约数|能整除$a的数",
        "找出$a的所有约数|列出$a的因数|写出能整除$a的所有数",
        "What numbers does $a have as divisors?|By which numbers can $a be divided?|What are all the factors of $a?"
        "|Which are the numbers that $a is divisible by?",
        "$a有哪些约数？|$a能被哪些数整除？|$a的约数有哪些？|什么数能整除$a？",
    ),
    "What is the sum of the numbers from 1 to $a?": More(
        "the sum of the numbers from 1 to $a|the sum of all integers from 1 to $a|1+2+...+$a|the total of 1 to $a"
        "|the sum of the first $a integers|the sum 1 + 2 + 3 + ... + $a",
        "add up the numbers from 1 to $a|sum the numbers 1 to $a|add everything from 1 to $a|sum up 1 to $a",
        "1到$a的和|从1到$a的总和|1到$a所有数的和|1加到$a的结果|1 + 2 + ... + $a|前$a个正整数的和",
        "把1到$a加起来|从1加到$a|把1到$a的所有整数相加|计算 1 + 2 + ... + $a",
        "1 + 2 + ... + $a = ?|How much is 1 + 2 + ... + $a?|What do you get when you add 1 to $a?|What is 1+2+3+...+$a?",
        "从1加到$a等于多少？|1加到$a是多少？|1+2+3+...+$a是多少？|1一直加到$a得多少？",
    ),
    "What is the sum of the even numbers from 1 to $a?": More(
        "the sum of all even numbers up to $a|the total of the even numbers from 1 to $a",
        "add up all even numbers between 1 and $a",
        "1到$a所有偶数的总和|$a以内全部偶数的和",
        "把1到$a的偶数加起来",
    ),
    "What is the sum of the odd numbers from 1 to $a?": More(
        "the sum of all odd numbers up to $a|the total of the odd numbers from 1 to $a",
        "add up all odd numbers between 1 and $a",
        "1到$a所有奇数的总和|$a以内全部奇数的和",
        "把1到$a的奇数加起来",
    ),
    "What is the sum of the digits of $a?": More(
        "the sum of the digits of $a|the digit sum of $a|the total of all digits in $a|the cross total of $a",
        "add up the digits of $a|sum the digits of $a|sum all digits in $a|add all the digits of the number $a",
        "$a各位数字之和|$a所有数字的和|$a每一位的和|$a各位上的数之和",
        "把$a各位上的数字相加|将$a的各个数字加起来",
        "What do the digits of $a add up to?|How much do the digits of $a make?",
        "$a的各位数加起来是多少？|$a每位数字相加得几？|$a的数字之和是多少？",
    ),
    "Convert $a to binary.": More(
        "$a in binary|the binary form of the number $a|the binary representation of $a|$a as a binary number|$a in base 2",
        "convert the number $a to binary|turn $a into binary|write $a in base 2|express $a in binary|change $a to a binary number",
        "$a的二进制|$a的二进制表示|$a的二进制数|十进制数$a的二进制形式",
        "把$a转成二进制|把$a转换为二进制|将$a化为二进制|把十进制数$a转换成二进制|用二进制写出$a|把$a变成二进制数",
        "How is $a written in binary?|What does $a look like in binary?",
        "$a用二进制怎么写？|$a转成二进制是多少？|$a换成二进制是什么？",
    ),
    "Convert $a to hexadecimal.": More(
        "$a in hexadecimal|the hexadecimal form of the number $a|the hex representation of $a|$a as a hex number|$a in base 16",
        "convert the number $a to hex|turn $a into hexadecimal|write $a in base 16|express $a in hex",
        "$a的十六进制|$a的十六进制表示|$a的十六进制数",
        "把$a转成十六进制|把$a转换为十六进制|将$a化为十六进制|把十进制数$a转换成十六进制|把$a变成十六进制数",
        "How is $a written in hex?|What does $a look like in hexadecimal?",
        "$a用十六进制怎么写？|$a转成十六进制是多少？",
    ),
    "List the squares of the numbers from 1 to $a.": More(
        "the squares of 1 to $a|the squares of all numbers up to $a",
        "square every number from 1 to $a",
        "1到$a各数的平方|1到$a的平方数",
        "把1到$a的数逐个平方",
    ),
}
