"""Chinese for plans: why an order, why none, and why a preview cannot be sent any more."""

SENTENCES = {
    "nobody wants any": "没有策略需要",
    "{parts:told} → target {target:n} {unit}; {there:told}; {outcome:told}": (
        "{parts} → 目标仓位 {target} {unit}；{there}；{outcome}"
    ),
    "{parts:told} → target {target:n} {unit} ({offset:n} offset inside); {there:told}; "
    "{outcome:told}": (
        "{parts} → 目标仓位 {target} {unit}（内部对冲 {offset}）；{there}；{outcome}"
    ),
    "position {position:n}": "持仓 {position}",
    "position {position:n}, working {working:n}": "持仓 {position}，在途挂单 {working}",
    "cancel {number:n} working first, then look again": (
        "先撤销 {number} 笔在途订单，再重新查看"
    ),
    "buy {quantity:n} {unit:name}": "买入 {quantity} {unit}",
    "sell {quantity:n} {unit:name}": "卖出 {quantity} {unit}",
    "{order:told} to open LONG": "{order}，开多",
    "{order:told} to open SHORT": "{order}，开空",
    "{order:told} to close LONG": "{order}，平多",
    "{order:told} to close SHORT": "{order}，平空",
    "{order:told} in {number:n} orders": "{order}，分 {number} 笔",
    "{order:told} ({lost:n} lost to rounding)": "{order}（舍入损失 {lost}）",
    "already there": "仓位已达目标",
    "inside the deadband: {diff:n} {unit} is not more than {deadband:n} {base}": (
        "在死区之内：{diff} {unit} 不超过 {deadband} {base}"
    ),
    "{quantity:n} {base} is held, not sent": "{quantity} {base} 暂缓，不发送",
    "{wanted:told}: the smallest order is {smallest:n} {base}": (
        "{wanted}：最小下单量为 {smallest} {base}"
    ),
    "{wanted:told}: {quantity:n} {base} × {price:n} is {worth:n} {quote}, the smallest order "
    "is {smallest:n} {unit}": (
        "{wanted}：{quantity} {base} × {price} 为 {worth} {quote}，最小名义价值为 "
        "{smallest} {unit}"
    ),
    "the price is {age:n} s old, more than {most:n} s": (
        "价格已是 {age} 秒之前的，超过 {most} 秒"
    ),
    "nothing is sent on it": "不据此发送订单",
    "limit price {price} is more than {band:n} % above the mark {mark} {quote}": (
        "限价 {price} 比标记价格 {mark} {quote} 高出 {band} % 以上"
    ),
    "limit price {price} is more than {band:n} % below the mark {mark} {quote}": (
        "限价 {price} 比标记价格 {mark} {quote} 低出 {band} % 以上"
    ),
    "choose one nearer": "请选择更接近的价格",
    "the target of {strategy} is worth {worth}, above the cap of {cap} per strategy, so "
    "nothing grows here": (
        "{strategy} 的目标仓位价值 {worth}，超过每个策略的上限 {cap}，因此这里不加仓"
    ),
    "target of {strategy} on {symbol} is worth {worth}, above the cap of {cap} per strategy": (
        "{strategy} 在 {symbol} 上的目标仓位价值 {worth}，超过每个策略的上限 {cap}"
    ),
    "lower it or raise limits.strategy_notional": "请调低，或调高 limits.strategy_notional",
    "the limit price rounds to zero; choose one of at least {smallest}": (
        "限价舍入后为零；请选择不低于 {smallest} 的价格"
    ),
    "order of {worth} is above the limit of {limit} per order": (
        "订单价值 {worth}，超过单笔上限 {limit}"
    ),
    "lower the targets or raise limits.order_notional": (
        "请调低目标仓位，或调高 limits.order_notional"
    ),
    "a position of {worth} is above the limit of {limit} per symbol": (
        "持仓价值 {worth}，超过每个交易对的上限 {limit}"
    ),
    "lower the targets or raise limits.symbol_notional": (
        "请调低目标仓位，或调高 limits.symbol_notional"
    ),
    "orders needed: {need:n}, left by limits.orders_per_minute: {room:n}": (
        "需要 {need} 笔订单，limits.orders_per_minute 剩余 {room} 笔"
    ),
    "wait a little": "请稍候",
    "{need:n} more notional is wanted and there is room for {room:n} (account limit)": (
        "还需名义价值 {need}，账户上限只剩 {room}"
    ),
    "lower the targets or raise limits.account_notional": (
        "请调低目标仓位，或调高 limits.account_notional"
    ),
    "{need:n} more notional is wanted and there is room for {room:n} (available margin)": (
        "还需名义价值 {need}，可用保证金只够 {room}"
    ),
    "lower the targets": "请调低目标仓位",
    "what this plan closes may make room for it in the next": (
        "本计划的平仓可能会为下一个计划腾出空间"
    ),
    "no usable price": "没有可用的价格",
    "nothing is sent": "不发送订单",
    "nothing is sent while {other} is frozen": "{other} 冻结期间不发送订单",
    "{quantity:n} waits until {leg} has canceled a working order and can close; it comes with "
    "the next plan": ("{quantity} 需等待 {leg} 撤销在途订单并可平仓；将在下一个计划中处理"),
    "{base:name}/{quote:name}: {why:told}": "{base}/{quote}：{why}",
    "held back: the venue refused it {times:n} times within a minute ({reason}); tried again "
    "after {time}, or when target, position, rules or money have changed": (
        "暂缓：交易所一分钟内拒绝了 {times} 次（{reason}）；{time} 之后，或在目标仓位、"
        "持仓、规则或资金变化时重试"
    ),
    "no instrument is known for {symbol}; take its targets out": (
        "未知的交易对 {symbol}；请移除其目标仓位"
    ),
    "checking a difference of {difference:n} with the venue": (
        "正在与交易所核对差额 {difference}"
    ),
    "an order on it changed while the account was read; look again": (
        "读取账户时其订单发生了变化；请重新查看"
    ),
    "{moves:told}: nothing was sent, preview again": "{moves}：未发送任何订单，请重新预览",
    "the position on {leg} moved from {before:n} to {now:n}": (
        "{leg} 的持仓由 {before} 变为 {now}"
    ),
    "the preview is {age:n} s old": "预览已过去 {age} 秒",
    "another plan was executed since": "此后已执行了另一个计划",
    "the account is in {mode:word} mode now": "账户现在处于{mode}模式",
    "the targets changed": "目标仓位已更改",
    "the working orders changed": "在途订单已变化",
    "the price of {symbol} is not known now": "{symbol} 的价格现在未知",
    "the price of {symbol} moved {bps:n} bps": "{symbol} 的价格变动了 {bps} 基点",
    "{number:n} orders planned": "计划 {number} 笔订单",
    "not sent: the venue refused the one before it": "未发送：交易所拒绝了前一笔",
}
