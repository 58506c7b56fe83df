"""Chinese for the journal: its failures, and its rows in a trader's words."""

_UNSENT = "nothing was written, so nothing may be sent"

SENTENCES = {
    _UNSENT: "没有写入，因此不得发送订单",
    "the disk of the journal {path} is full: {then:told}; free some space": (
        "日志 {path} 所在磁盘已满：{then}；请释放空间"
    ),
    "the journal {path} is read-only: {then:told}; make it writable": (
        "日志 {path} 只读：{then}；请改为可写"
    ),
    "another program holds the journal {path}: {then:told}; close that program": (
        "另一个程序占用日志 {path}：{then}；请关闭该程序"
    ),
    "another program holds the journal {path}: {then:told}; close it": (
        "另一个程序占用日志 {path}：{then}；请将其关闭"
    ),
    "the journal {path} cannot be opened ({why}); check its folder": (
        "无法打开日志 {path}（{why}）；请检查其文件夹"
    ),
    "{path} is no journal, or its beginning is damaged; run: nettools journal check --repair "
    "{command:name}": (
        "{path} 不是日志，或其开头已损坏；请运行：nettools journal check --repair {command}"
    ),
    "the journal {path} is damaged ({why}); run: nettools journal check --repair "
    "{command:name}": (
        "日志 {path} 已损坏（{why}）；请运行：nettools journal check --repair {command}"
    ),
    "another program has written to the journal {path}: {then:told}; open the desk again": (
        "另一个程序写入了日志 {path}：{then}；请重新打开交易台"
    ),
    "another program has taken {path} away while it was in use, so nothing may be sent; put it "
    "back if it was moved, then open the desk again": (
        "{path} 在使用中被另一个程序移走，因此不得发送订单；如被移动请放回原处，然后重新打"
        "开交易台"
    ),
    "the disk of the journal {path} failed ({why}): {then:told}; look after the disk, then "
    "open the desk again": (
        "日志 {path} 所在磁盘出错（{why}）：{then}；请检查磁盘，然后重新打开交易台"
    ),
    "the journal {path} could not be used ({why}); nothing was written, so nothing may be "
    "sent": "无法使用日志 {path}（{why}）；没有写入，因此不得发送订单",
    "{what:told} is in use by {holder:told}; close that desk, or open this one with another": (
        "{what}正被{holder}使用；请关闭该交易台，或换一个打开本交易台"
    ),
    "the journal {path:name}": "日志 {path} ",
    "another desk": "另一个交易台",
    "the journal {path} belongs to the account {before} and the desk to {account}; name "
    "another file for it": "日志 {path} 属于账户 {before}，交易台属于 {account}；请换一个文件",
    "the journal {path} is closed; open the desk again": "日志 {path} 已关闭；请重新打开交易台",
    "the journal has {rows:n} rows; there is no row {row}": "日志有 {rows} 行；没有第 {row} 行",
    "this desk was opened without a journal, so the past was not kept; open it with "
    'journal="desk.sqlite"': (
        '此交易台打开时没有日志，因此未保留历史；请以 journal="desk.sqlite" 打开'
    ),
    "the books cannot be written to {place} ({why}); name another folder": (
        "无法将账簿写入 {place}（{why}）；请换一个文件夹"
    ),
    "{number:n} journal of a local testnet that ended more than {days:n} days ago removed from "
    "{folder}": "已从 {folder} 删除 {number} 个结束超过 {days} 天的本地测试网日志",
    "{number:n} journals of local testnets that ended more than {days:n} days ago removed from "
    "{folder}": "已从 {folder} 删除 {number} 个结束超过 {days} 天的本地测试网日志",
    "the last desk on this journal ended without closing it; what it recorded is all here, and "
    "its open orders are looked up": (
        "此日志的上一个交易台未正常关闭；其记录完整保留，未完成的订单会查询"
    ),
    "the last {count:n} rows of the journal could not be read and were cut (from row {row:n}); "
    "what they said is looked up at the venue, or shows as a break": (
        "日志最后 {count} 行无法读取，已截去（自第 {row} 行起）；其内容会向交易所查询，或显"
        "示为差异"
    ),
    "an unfinished record of {size:n} bytes at the end of the journal was cut; what it said is "
    "looked up at the venue, or shows as a break": (
        "日志末尾一条未写完的记录（{size} 字节）已截去；其内容会向交易所查询，或显示为差异"
    ),
    "over: {what:told}": "已结束：{what}",
    "{strategy} wants {wanted:n} {symbol}": "{strategy} 的目标仓位 {wanted} {symbol}",
    "{strategy} wants {wanted:n} {symbol} ({state}: {counts:n} counts)": (
        "{strategy} 的目标仓位 {wanted} {symbol}（{state}：按 {counts} 计入）"
    ),
    "{strategy} wants {wanted:n} {symbol} (unknown: {why:told})": (
        "{strategy} 的目标仓位 {wanted} {symbol}（未知：{why}）"
    ),
    "{symbol:name} taken in": "纳入 {symbol}",
    "plan {plan}, {style:word} style: {orders:n} orders, {cancels:n} cancels": (
        "计划 {plan}，{style}方式：{orders} 笔订单，{cancels} 笔撤单"
    ),
    "{order} {state:word}, filled {filled:n}": "{order} {state}，已成交 {filled}",
    "{order} {state:word}, filled {filled:n} at {price:n}": (
        "{order} {state}，已成交 {filled}，均价 {price}"
    ),
    "{order} {state:word}, filled {filled:n} ({why:told})": (
        "{order} {state}，已成交 {filled}（{why}）"
    ),
    "{order} {state:word}, filled {filled:n} at {price:n} ({why:told})": (
        "{order} {state}，已成交 {filled}，均价 {price}（{why}）"
    ),
    "{fill} of {order}: {side:word} {quantity:n} {symbol} at {price:n}, fee {fee:n} {unit}, "
    "{liquidity:word}: {shares:told}": (
        "{order} 的成交 {fill}：{side} {quantity} {symbol}，价格 {price}，手续费 {fee} "
        "{unit}，{liquidity}：{shares}"
    ),
    "nobody": "无",
    "{symbol} rate {rate:n}, {amount:n} received: {shares:told}": (
        "{symbol} 费率 {rate}，收取 {amount}：{shares}"
    ),
    "{number:n} of {account} on {venue}, {mode:word} mode": (
        "{venue} 账户 {account} 的第 {number} 期账簿，{mode}模式"
    ),
    "{number:n} of {account} on {venue}, {mode:word} mode, desk {desk} ({note})": (
        "{venue} 账户 {account} 的第 {number} 期账簿，{mode}模式，交易台 {desk}（{note}）"
    ),
    "{order} ended ({reason:told}), filled {filled:n}": (
        "{order} 已结束（{reason}），已成交 {filled}"
    ),
    "{order} {action:told} at {price:n} ({reason:told}); touch {touch}, after {seconds:n} s, "
    "filled {filled:n}, {quotes:n} re-quotes, {refusals:n} refusals": (
        "{order} {action}，价格 {price}（{reason}）；最优价 {touch}，{seconds} 秒后，已成交 "
        "{filled}，重新报价 {quotes} 次，被拒 {refusals} 次"
    ),
    "{order} {action:told} ({reason:told}); touch {touch}, after {seconds:n} s, filled "
    "{filled:n}, {quotes:n} re-quotes, {refusals:n} refusals": (
        "{order} {action}（{reason}）；最优价 {touch}，{seconds} 秒后，已成交 {filled}，重新"
        "报价 {quotes} 次，被拒 {refusals} 次"
    ),
    "{order:told}, taking at once: {why:told}": "{order}，立即吃单：{why}",
    "{incident:told} ({times:n} times since {since})": "{incident}（自 {since} 起 {times} 次）",
    "{what:told}; known: {known:told}": "{what}；已知：{known}",
    "{what:told}; not known: {unknown:told}": "{what}；未知项：{unknown}",
    "{what:told}; to do: {cure:told}": "{what}；处理办法：{cure}",
    "venue ahead by {offset}, measured in {trip}": "交易所时钟领先 {offset}，测量用时 {trip}",
    "the journal's books are in {mode:word} mode and hold something, so open the desk with "
    'mode="{name}", or name another journal': (
        '日志的账簿处于{mode}模式且有持仓，请以 mode="{name}" 打开交易台，或换一个日志'
    ),
    "one of these records is in the journal {path} already and counts once; none of them was "
    "written": "这些记录之一已在日志 {path} 中，只计一次；均未写入",
    "{mode:word} mode from here on": "此后为{mode}模式",
}
