"""What tasks about words, dates and scores are called in further words: see ``interpreter_phrasings``."""

from __future__ import annotations

from scripts.glmkit_mini.interpreter_more_numbers import More

MORE_TEXTS = {
    'Reverse the word "$w".': More(
        '"$w" backwards|"$w" in reverse|the reverse of "$w"|the word "$w" backwards|the reversed string "$w"',
        'reverse "$w"|reverse the string "$w"|spell "$w" backwards|write the word "$w" backwards|turn "$w" around'
        '|reverse the letters of "$w"|print "$w" backwards',
        "“$w”的倒序|“$w”反过来的结果|字符串“$w”的反转|单词“$w”的倒序",
        "把字符串“$w”反转|反转“$w”|将“$w”反转|把单词“$w”倒过来|把“$w”颠倒|把“$w”逆序输出|倒着写“$w”|倒序输出字符串“$w”",
        'How is "$w" written backwards?|"$w", backwards|What does "$w" look like in reverse?',
        "“$w”反过来是什么？|“$w”倒着写是什么？|字符串“$w”反转后是什么？|“$w”倒过来怎么写？",
    ),
    'How many letters are in "$w"?': More(
        'the number of letters in "$w"|the length of the word "$w"|the length of the string "$w"|the letter count of "$w"',
        'count the letters of "$w"|count the letters in the word "$w"|measure the length of "$w"',
        "“$w”的字符数|字符串“$w”的长度|单词“$w”的长度|“$w”的字数",
        "数出“$w”的字符|统计“$w”的字符数|求字符串“$w”的长度|数数“$w”有几个字符",
        'How long is "$w"?|How many characters has "$w"?|How many letters does "$w" have?|How long is the string "$w"?',
        "“$w”有多长？|“$w”有多少个字符？|“$w”一共几个字？|单词“$w”有几个字母？|字符串“$w”的长度是多少？",
    ),
    'How many times does "$c" occur in "$w"?': More(
        'the number of "$c" in "$w"|the count of the letter "$c" in "$w"|how often "$c" occurs in "$w"',
        'count "$c" in "$w"|count the letter "$c" in the word "$w"|count how often "$c" is in "$w"|count every $c in $w',
        "“$w”里“$c”的个数|字母“$c”在“$w”中的次数|“$w”中“$c”出现的次数",
        "统计“$w”中字母“$c”的个数|数一下“$w”里有几个“$c”|数数“$w”中的“$c”",
        'How often does "$c" appear in "$w"?|How often is "$c" in "$w"?|How many times is the letter "$c" in "$w"?'
        '|The word "$w": how many $c?|How many letters "$c" has the word "$w"?|How often do you find "$c" in "$w"?',
        "“$c”在“$w”里出现几次？|“$w”中有多少个“$c”？|单词“$w”里字母“$c”有几个？|“$w”含有几个“$c”？",
    ),
    'Write "$w" in upper case.': More(
        '"$w" in upper case|"$w" in capitals|"$w" in capital letters|the upper case of "$w"',
        'write "$w" in capitals|put "$w" in upper case|turn "$w" into upper case|make "$w" upper case|capitalize all of "$w"'
        '|change "$w" to capital letters',
        "“$w”的大写|“$w”的大写形式",
        "把“$w”转换成大写|将“$w”全部变成大写|把“$w”改成大写|用大写字母写“$w”|把“$w”转为大写|把字符串“$w”变成大写",
        'How is "$w" written in capitals?',
        "“$w”的大写是什么？|“$w”大写怎么写？",
    ),
    'Capitalize each word of "$w".': More(
        '"$w" in title case|"$w" as a title|"$w" with a capital at the start of every word',
        'put "$w" in title case|turn "$w" into a title|start each word of "$w" with a capital|capitalize every word in "$w"'
        '|begin every word of "$w" with a capital letter',
        "“$w”的标题格式|“$w”每个词首字母大写的结果",
        "把“$w”的每个单词首字母大写|将“$w”变成标题格式|把“$w”各词的首字母大写|使“$w”每个词以大写开头",
    ),
    'Is "$w" a palindrome?': More(
        "",
        'check if "$w" is a palindrome|test whether "$w" is a palindrome|find out whether "$w" reads the same backwards'
        '|compare "$w" with its reverse',
        "",
        "判断“$w”是不是回文|检查“$w”是不是回文|看看“$w”是不是回文|判断字符串“$w”是否为回文|验证“$w”是否回文",
        'Is the word "$w" a palindrome?|Is "$w" the same backwards?|"$w": is this a palindrome?'
        '|Tell me whether "$w" is a palindrome.|Does "$w" stay the same when reversed?',
        "“$w”是不是回文？|“$w”是否是回文？|“$w”反过来也一样吗？|单词“$w”是回文吗？",
    ),
    'How many words are in "$w"?': More(
        'the number of words in "$w"|the word count of "$w"',
        'count the words in "$w"|count the words of "$w"|count how many words "$w" has',
        "“$w”的单词数|“$w”中单词的个数",
        "数出“$w”里的单词|统计“$w”里有几个单词|数数“$w”有几个词",
        'How many words does "$w" have?|"$w": how many words?|How many words does the text "$w" contain?',
        "“$w”有多少个单词？|“$w”一共几个单词？|“$w”由几个单词组成？",
    ),
    'Split "$w" into words.': More(
        'the words of "$w"|a list of the words of "$w"|the single words in "$w"',
        'split "$w" at the spaces|break "$w" into words|divide "$w" into single words|separate the words of "$w"|cut "$w" at the spaces',
        "“$w”里的单词|“$w”的单词列表",
        "把“$w”分成单词|把“$w”切分成单词|将“$w”按空格切开|按词拆分“$w”|用空格分割“$w”",
    ),
    "Join $w with hyphens.": More(
        "the words $w with hyphens between them|$w joined by hyphens",
        "join the words $w with a hyphen|connect $w by hyphens|put a hyphen between each of $w|link the words $w with hyphens",
        "$w用连字符连接的结果",
        "把$w用连字符连起来|在$w的每个词之间加“-”|用“-”连接$w|用连字符把$w拼起来",
    ),
    "Join the words $w with spaces.": More(
        "the words $w in one line", "join $w with a space|put the words $w in one line", "", "把$w用空格连接"
    ),
    "Sort the words $w alphabetically.": More(
        "the words $w in alphabetical order|$w from a to z|the words $w, sorted",
        "sort the words $w|put the words $w in alphabetical order|order $w alphabetically|arrange the words $w alphabetically"
        "|sort $w by alphabet|sort the list of words $w|order the words $w from a to z",
        "$w按字母顺序的排列",
        "把$w按字母排序|将单词$w排序|按字母表顺序排列$w|把这些词语排序：$w|给单词$w排好顺序|将$w按字典序排好",
        "",
        "词语$w怎么排序？|单词排序：$w",
    ),
    "Which is the longest word: $w?": More(
        "the longest word in the list $w|the longest of $w|the longest of the words $w|the word with most letters in $w",
        "find the longest word of $w|pick the longest word from $w|print the longest of the words $w",
        "$w里最长的单词|$w中最长的词",
        "找出$w里最长的词|选出$w中最长的单词|输出$w里最长的单词",
        "Which word is longest: $w?|Which word in $w has the most letters?",
        "$w里哪个词最长？|最长的词是哪个：$w？",
    ),
    "Which is the shortest word: $w?": More(
        "the shortest word in the list $w|the shortest of $w|the shortest of the words $w|the word with fewest letters in $w",
        "find the shortest word of $w|pick the shortest word from $w|print the shortest of the words $w",
        "$w里最短的单词|$w中最短的词",
        "找出$w里最短的词|选出$w中最短的单词|输出$w里最短的单词",
        "Which word is shortest: $w?|Which word in $w has the fewest letters?",
        "$w里哪个词最短？|最短的词是哪个：$w？",
    ),
    "How long is each of the words $w?": More(
        "the length of each of the words $w|the lengths of $w|the number of letters of each word in $w",
        "give the length of every word in $w|count the letters of every word of $w|list how long the words $w are"
        "|count the letters in each of $w",
        "$w每个词的长度|$w中各词的字符数",
        "求$w每个词的长度|数出$w每个词有几个字符|统计$w各词的长度|数数$w中各个词的字数",
        "How many letters has each word of $w?",
        "$w中每个词有几个字符？|$w各个词的字数是多少？",
    ),
    'Replace "$x" by "$y" in "$w".': More(
        '"$w" with "$y" for every "$x"|"$w" after replacing "$x" with "$y"',
        'replace "$x" with "$y" in "$w"|replace each "$x" of "$w" by "$y"|change "$x" to "$y" in "$w"'
        '|put "$y" for every "$x" in "$w"|swap "$x" for "$y" in the word "$w"',
        "“$w”中“$x”换成“$y”的结果",
        "把“$w”中的“$x”改成“$y”|将“$w”里的“$x”替换成“$y”|用“$y”替换“$w”中的“$x”|把“$w”的每个“$x”都换为“$y”",
    ),
    'Repeat "$w" $a times.': More(
        '"$w" $a times|the word "$w" repeated $a times|$a copies of "$w"',
        'repeat the word "$w" $a times|write "$w" $a times|print "$w" $a times in a row|join $a copies of "$w"',
        "“$w”重复$a次的结果|$a个“$w”",
        "把“$w”写$a遍|将“$w”重复$a次|把字符串“$w”重复$a遍|输出$a个“$w”|把$a个“$w”连起来|把“$w”连写$a次",
    ),
    'What are the first and last letters of "$w"?': More(
        'the first and the last letter of "$w"',
        'print the first and last letter of "$w"',
        "“$w”的首尾两个字符",
        "给出“$w”的首尾字符",
    ),
    'What are the first $a letters of "$w"?': More(
        'the first $a letters of "$w"|the first $a characters of the word "$w"|the beginning of "$w", $a letters',
        'take the first $a letters of "$w"|keep the leading $a letters of "$w"|print the first $a letters of "$w"'
        '|cut off everything after the first $a letters of "$w"|get the $a leading characters of "$w"',
        "“$w”的前$a个字母|“$w”开头$a个字符|“$w”的前$a个字",
        "截取“$w”前$a个字符|取“$w”的前$a个字符|取出“$w”前$a个字|保留“$w”开头的$a个字|输出“$w”最前面的$a个字符",
        'With which $a letters does "$w" begin?',
        "“$w”开头的$a个字符是什么？|“$w”的前$a个字是什么？|“$w”以哪$a个字符开头？",
    ),
    "How many days are between $a and $b?": More(
        "the number of days from $a to $b|the days between $a and $b|the difference in days between $a and $b",
        "count the days between $a and $b|compute the number of days from $a until $b",
        "$a到$b的天数|$a和$b相差的天数|$a与$b之间的天数",
        "算出$a到$b有几天|数一数从$a到$b的天数",
        "How many days are there from $a to $b?|How many days lie between $a and $b?|How many days until $b, starting on $a?",
        "$a到$b有几天？|$a和$b之间有多少天？|从$a到$b要过多少天？|$a距离$b多少天？|$a到$b一共多少天？",
    ),
    "What weekday is $a?": More(
        "the weekday of $a|the day of the week of $a",
        "find the weekday of $a|find out what day of the week $a is",
        "$a的星期|$a对应的星期几",
        "查查$a是星期几|算出$a是周几|看看$a星期几",
        "What day of the week is $a?|What day was $a?|Which day of the week is $a?|$a is which weekday?",
        "$a星期几？|$a是礼拜几？|$a是哪个星期几？|$a这天是周几？|$a那一天是周几？",
    ),
    "What date is $n days after $a?": More(
        "the date $n days after $a|the day $n days later than $a|$a plus $n days",
        "find the date $n days after $a|go $n days forward from $a|count $n days forward from $a",
        "$a之后$n天的日期|$a加上$n天的日期|$a过$n天后的日期",
        "从$a起加$n天|求$a后$n天的日期|从$a向后数$n天|给$a加上$n天",
        "It is $a. What date will it be in $n days?|Which date is $n days later than $a?|What date comes $n days after $a?",
        "$a再过$n天是哪天？|$a后$n天是几号？|$a往后$n天是哪一天？|今天是$a，$n天后是哪天？",
    ),
    "What date is $n days before $a?": More(
        "the date $n days before $a|the day $n days earlier than $a|$a minus $n days",
        "find the date $n days before $a|go $n days back from $a|count $n days back from $a|take $n days from $a",
        "$a之前$n天的日期|$a减去$n天的日期|$a前$n天的日期",
        "从$a减去$n天|求$a前$n天的日期|从$a向前数$n天|从$a中减$n天",
        "It is $a. What date was it $n days ago?|Which date is $n days earlier than $a?|What date comes $n days before $a?",
        "$a往前$n天是哪一天？|$a前$n天是几号？|今天是$a，$n天前是哪天？|$a倒退$n天是哪天？",
    ),
    "Is $y a leap year?": More(
        "",
        "find out if $y is a leap year|test whether $y is a leap year",
        "",
        "看看$y年是不是闰年",
        "Does $y have 366 days?|Is the year $y a leap year?|$y: leap year or not?",
        "$y年是不是闰年？|$y是闰年吗？|$y年有366天吗？",
    ),
    "The scores are $d. What is the total?": More(
        "the total of the scores $d|the sum of the points $d|the total of these points: $d",
        "sum the scores $d|add up these scores: $d|add the points $d|total the points $d",
        "分数$d的总和|这些得分的总和：$d",
        "把分数$d相加|求这些得分之和：$d|算出总分：$d|把得分加起来：$d",
        "Scores: $d. Find the total.|How many points are $d together?|$d. What is the total?",
        "成绩：$d。总分多少？|$d。求总分。|得分情况：$d。总和是多少？",
    ),
    "The scores are $d. Who has the highest score?": More(
        "the best of these: $d|the name with the most points: $d",
        "find who has the highest score: $d|find the winner: $d",
        "分数最高的人：$d",
        "找出分数最高的人：$d|看看谁得分最多：$d",
        "Who wins: $d?|Who has most points: $d?|Scores: $d. Who is first?|$d. Who has the top score?|Who has the highest score: $d?",
        "成绩：$d。谁最高？|$d。谁得分最多？|谁是第一名：$d？|谁的得分最高：$d？|$d，谁分数最多？",
    ),
}
