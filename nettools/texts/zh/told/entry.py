"""Chinese for what was entered wrongly: fields, styles, files of targets."""

SENTENCES = {
    "target of {strategy} on {symbol:name}": "{strategy} 在 {symbol} 上的目标仓位",
    "slippage bps": "最大滑点（基点）",
    "slippage_bps": "最大滑点 slippage_bps",
    "offset bps": "挂单距离（基点）",
    "offset_bps": "挂单距离 offset_bps",
    "limit price": "限价",
    "limit_price": "限价 limit_price",
    "timeout seconds": "超时（秒）",
    "timeout_seconds": "超时 timeout_seconds",
    "adverse bps": "不利变动（基点）",
    "adverse_bps": "不利变动 adverse_bps",
    "rest seconds": "至少挂单（秒）",
    "rest_seconds": "至少挂单 rest_seconds",
    "most requotes": "最多重新报价次数",
    "most_requotes": "最多重新报价次数 most_requotes",
    "most_refusals": "最多被拒次数 most_refusals",
    "improve ticks": "深入价差（最小价位）",
    "improve_ticks": "深入价差 improve_ticks",
    "imbalance": "盘口失衡 imbalance",
    "min slice": "最小拆单",
    "min_slice": "最小拆单 min_slice",
    "every seconds": "间隔（秒）",
    "deadband": "死区",
    "order quantity": "订单数量",
    "{name:told} must be text, an integer or a Decimal, was {value}; write it as text, for "
    'example "0.7"': (
        '{name}必须是文本、整数或 Decimal，输入的是 {value}；请写成文本，例如 "0.7"'
    ),
    '{name:told} is empty; write a number such as "0.7", or "0" for flat': (
        '{name}为空；请填写数字，例如 "0.7"，空仓填 "0"'
    ),
    "{name:told} must be a number, was {value}": "{name}必须是数字，输入的是 {value}",
    "{name:told} must be a finite number, was {value}": (
        "{name}必须是有限的数字，输入的是 {value}"
    ),
    'write it like "0.7" or "-0.8"': '请写成 "0.7" 或 "-0.8" 的样子',
    "{name:told} must be between -1e12 and 1e12, was {value}": (
        "{name}必须在 -1e12 与 1e12 之间，输入的是 {value}"
    ),
    "{name:told} must have at most 12 decimal places, was {value}": (
        "{name}最多 12 位小数，输入的是 {value}"
    ),
    "{name:told} must be above zero, was {value}": "{name}必须大于零，输入的是 {value}",
    '{name:told} must be a finite Decimal, was {value}; write it as Decimal("0.001")': (
        '{name}必须是有限的 Decimal，输入的是 {value}；请写成 Decimal("0.001")'
    ),
    "{name:told} must be a whole number, was {value}": "{name}必须是整数，输入的是 {value}",
    "{name:told} must be a whole number from 0 on, was {value}": (
        "{name}必须是不小于 0 的整数，输入的是 {value}"
    ),
    "{name:told} must not be negative, was {value}": "{name}不能为负数，输入的是 {value}",
    "a deadband must not be negative; use 0 for none": "死区不能为负数；不用死区请填 0",
    'trade_to must be "target" or "edge", was {value}': (
        'trade_to 必须是 "target" 或 "edge"，输入的是 {value}'
    ),
    'style must be "market", "limit" or "smart", was {value}': (
        '下单方式必须是 "market"、"limit" 或 "smart"，输入的是 {value}'
    ),
    "{name:told} must be from 0 to below 10000, was {value}": (
        "{name}必须不小于 0 且小于 10000，输入的是 {value}"
    ),
    "{name:told} must be between -10000 and 10000, was {value}": (
        "{name}必须在 -10000 与 10000 之间，输入的是 {value}"
    ),
    "post_only needs a style that rests; use Style(name='limit')": (
        "只做挂单 post_only 需要会挂单的下单方式；请用 Style(name='limit')"
    ),
    "{name:told} must be from 0.01 to below 10000, was {value}": (
        "{name}必须不小于 0.01 且小于 10000，输入的是 {value}"
    ),
    "{name:told} must be from 0.5 to 1, was {value}": (
        "{name}必须在 0.5 与 1 之间，输入的是 {value}"
    ),
    "None for never": "None 表示从不",
    "a strategy name must be 1 to 64 letters, digits, spaces or . : / _ -, was {value}; choose "
    "a plain name": (
        "策略名称须为 1 至 64 个字母、数字、空格或 . : / _ -，输入的是 {value}；请用简单的名称"
    ),
    "none yet": "暂无",
    "no strategy is named {strategy}; there is: {known:told}": (
        "没有名为 {strategy} 的策略；现有：{known}"
    ),
    "a strategy named {strategy} is already in the book; choose another name": (
        "已有名为 {strategy} 的策略；请换一个名称"
    ),
    "the strategy {strategy} was removed, so it cannot be {state}; add it again": (
        "策略 {strategy} 已移除，不能设为 {state}；请重新添加"
    ),
    'state must be "active", "hold" or "flat", was {value}': (
        '状态必须是 "active"、"hold" 或 "flat"，输入的是 {value}'
    ),
    "every must be above zero seconds, was {value}": "间隔必须大于零秒，输入的是 {value}",
    "every seconds must be at least {least:n}, was {value}; write 1": (
        "间隔（秒）至少为 {least}，输入的是 {value}；请填 1"
    ),
    "ttl must be above zero seconds, or None, was {value}": (
        "ttl 必须大于零秒或为 None，输入的是 {value}"
    ),
    "{symbol} is not traded on {venue}; there is {known}": (
        "{symbol} 不在 {venue} 交易；可选 {known}"
    ),
    "the symbol must be one that {venue} trades, was {value}; choose one, for example {some}": (
        "交易对必须可在 {venue} 交易，输入的是 {value}；请选择一个，例如 {some}"
    ),
    "{symbol} is in the table already; choose another symbol": (
        "{symbol} 已在表格中；请选择其他交易对"
    ),
    "there are {number:n} presets already; save targets as a file instead": (
        "已有 {number} 个预设；请改为将目标仓位保存为文件"
    ),
    "unknown ({why:told}): stays at {held:n}": "未知（{why}）：保持 {held}",
    "held at {held:n}": "保持 {held}",
    "flat: counts 0": "flat：按 0 计入",
    "nothing was loaded. {lines:told}": "未载入任何内容。{lines}",
    "line {line:n}: {why:told}": "第 {line} 行：{why}",
    "and {more:n} more": "另有 {more} 项",
    "a file of targets ends in .csv or .yaml, was {name}": (
        "目标仓位文件须以 .csv 或 .yaml 结尾，文件名为 {name}"
    ),
    "the file has more than {most:n} characters; split it": ("文件超过 {most} 个字符；请拆分"),
    "the file has no targets; save some to see how it looks": (
        "文件中没有目标仓位；可先保存一份查看格式"
    ),
    "line 1 must be {header}, was {found}; put it first": (
        "第 1 行必须是 {header}，文件中为 {found}；请将其放在首行"
    ),
    "line {line:n}: the target of {strategy} on {symbol} stands in line {first:n} already; "
    "keep one of them": (
        "第 {line} 行：{strategy} 在 {symbol} 上的目标仓位已在第 {first} 行；请保留其一"
    ),
    "line {line:n} has {found:n} fields instead of {wanted:n}": (
        "第 {line} 行有 {found} 个字段，应为 {wanted} 个"
    ),
    'write it like "A,BTC/USDT:USDT,-0.8,active"': '请写成 "A,BTC/USDT:USDT,-0.8,active"',
    "write the strategy's name, below it targets: and a line per symbol": (
        "请先写策略名称，其下写 targets:，再每个交易对一行"
    ),
    "line {line:n} must be names with values": "第 {line} 行必须是名称与值",
    "line {line:n} must be one word or number": "第 {line} 行必须是一个词或数字",
    "line {line:n} must say state or targets, was {found}": (
        "第 {line} 行必须是 state 或 targets，文件中为 {found}"
    ),
    "{where} is not YAML ({why})": "{where} 不是 YAML（{why}）",
    "{strategy} is {before} in an earlier line and {now} here; write the same state in both": (
        "{strategy} 在前面一行为 {before}，此处为 {now}；请写成相同的状态"
    ),
    "{path} cannot be written ({why}); name another file": (
        "无法写入 {path}（{why}）；请换一个文件"
    ),
    "{path} cannot be read ({why:told}); name another file": (
        "无法读取 {path}（{why}）；请换一个文件"
    ),
    "it is not UTF-8 text": "不是 UTF-8 文本",
    "{owner}'s target must be a multiple of {step} from -{most} to {top}, was {value}": (
        "{owner} 的目标必须是 {step} 的倍数，在 -{most} 与 {top} 之间，输入的是 {value}"
    ),
    "speed must be one of {speeds}, was {value}": "速度必须是 {speeds} 之一，输入的是 {value}",
    'mode must be "one-way" or "hedge", was {value}': (
        'mode 必须是 "one-way" 或 "hedge"，输入的是 {value}'
    ),
    'how must be "adopt", "assign", "baseline" or "flatten", was {value}': (
        'how 必须是 "adopt"、"assign"、"baseline" 或 "flatten"，输入的是 {value}'
    ),
    "drills are for a local testnet, and this desk trades on {venue}; open one on "
    "nt.testnet.start()": (
        "演练只用于本地测试网，而此交易台在 {venue} 交易；请在 nt.testnet.start() 上打开"
    ),
    "a view needs the event loop of a notebook; make it in a notebook cell": (
        "视图需要笔记本的事件循环；请在笔记本单元格中创建"
    ),
    "language must be {known}, was {value}": "语言必须是 {known}，输入的是 {value}",
    "that is not the code that stands in the terminal of `nettools demo`; {left:told}": (
        "这不是 `nettools demo` 终端里的代码；{left}"
    ),
    "{count:n} more tries": "还可以试 {count} 次",
    "1 more try": "还可以试 1 次",
    "no more tries": "不能再试",
    "the lock stays shut after {count:n} wrong codes; end `nettools demo` and start it again "
    "for a new one": (
        "输错 {count} 次，页面保持锁定；要换新代码，请结束 `nettools demo` 并重新启动"
    ),
    "the demo does not know that command": "演示不认识该命令",
    "this page is for looking at; only its owner can unlock it, with the code in the "
    "terminal": "此页面仅供观看；只有主持人能用终端里的代码解锁",
}
