"""What everybody must own, worked out from the published formulas alone, with Python's integers: the demo's independent
check. Nothing here comes from the C code. Tokens and pools are known by their names.
"""

LOCKED_SHARES = 1000


class Unpayable(Exception):
    """The books say that somebody cannot pay this."""


def isqrt(n):
    x = 1 << ((n.bit_length() + 1) // 2)
    while True:
        y = (x + n // x) // 2
        if y >= x:
            return x
        x = y


def ceil_div(a, b):
    return -(-a // b)


def short_fee(amount):
    """The least m * 256^e >= amount with m < 2^32."""
    e = 0
    while ceil_div(amount, 256**e) >= 2**32:
        e += 1
    return ceil_div(amount, 256**e) * 256**e


def least(condition, high):
    """The least integer in 1..high that fulfils a condition which all greater ones fulfil too."""
    low = 0  # does not count
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if condition(middle) else (middle, high)
    return high


class Pool:
    """Constant product, or with `amp` the Curve invariant of two tokens; scale: what makes their units alike."""

    def __init__(self, tokens, fee, amp=None, scale=(1, 1)):
        self.tokens, self.fee, self.amp, self.scale = tokens, fee, amp, scale
        self.reserve, self.supply = [0, 0], 0

    # F > 0 where D is too great for the reserves x, y: D^3 + 4xy(4A-1)D - 16Axy(x+y)

    def excess(self, x, y, d):
        return d**3 + 4 * x * y * (4 * self.amp - 1) * d - 16 * self.amp * x * y * (x + y)

    def d_up(self, x, y):
        return least(lambda d: self.excess(x, y, d) > 0, x + y + 1)

    def d_down(self, x, y):
        return self.d_up(x, y) - 1

    def y_of(self, x, d):
        return least(lambda y: self.excess(x, y, d) <= 0, 1 << 256)

    def scaled(self):
        return [r * s for r, s in zip(self.reserve, self.scale)]

    def quote(self, i, amount):
        """What comes out for `amount` of token i."""
        if self.amp is None:
            kept = amount * (10**4 - self.fee)
            return kept * self.reserve[1 - i] // (10**4 * self.reserve[i] + kept)
        x, y = self.scaled()[::1 if i == 0 else -1]
        left = self.y_of(x + self.scale[i] * amount, self.d_up(x, y))
        gross = max(0, y - left - 1) // self.scale[1 - i]
        return gross * (10**4 - self.fee) // 10**4

    def swap(self, i, amount):
        out = self.quote(i, amount)
        self.reserve[i] += amount
        self.reserve[1 - i] -= out
        return out

    def add(self, most):
        """(taken of both, shares)"""
        if self.supply == 0:
            taken = list(most)
            x, y = (m * s for m, s in zip(most, self.scale))
            self.supply = isqrt(x * y) if self.amp is None else self.d_down(x, y)
            shares = self.supply - LOCKED_SHARES
        else:
            shares = min(most[i] * self.supply // self.reserve[i] for i in (0, 1))
            taken = [ceil_div(shares * r, self.supply) for r in self.reserve]
            self.supply += shares
        self.reserve = [r + t for r, t in zip(self.reserve, taken)]
        return taken, shares

    def remove(self, shares):
        given = [shares * r // self.supply for r in self.reserve]
        self.supply -= shares
        self.reserve = [r - g for r, g in zip(self.reserve, given)]
        return given

    def add_one(self, i, amount):
        """Shares for one token."""
        s, r = self.supply, self.reserve[i]
        if self.amp is None:
            right = s * s * (r * 20000 + amount * (20000 - self.fee))
            shares = isqrt(right // (r * 20000)) - s
        else:
            counted = amount * (20000 - self.fee) // 20000
            x, y = self.scaled()[::1 if i == 0 else -1]
            before, after = self.d_up(x, y), self.d_down(x + self.scale[i] * counted, y)
            shares = s * max(0, after - before) // before
        self.supply += shares
        self.reserve[i] += amount
        return shares

    def remove_one(self, i, shares):
        """What comes out of token i."""
        s, r = self.supply, self.reserve[i]
        if self.amp is None:
            gross = r - ceil_div(r * (s - shares)**2, s * s)
        else:
            y, x = self.scaled()[::1 if i == 0 else -1]
            left = self.y_of(x, ceil_div(self.d_down(x, y) * (s - shares), s))
            gross = max(0, y - left - 1) // self.scale[i]
        out = gross * (20000 - self.fee) // 20000
        self.supply -= shares
        self.reserve[i] -= out
        return out


class Books:
    def __init__(self):
        self.l2, self.l1 = {}, {}
        self.pools = {}

    def move(self, book, who, token, amount):
        book[who, token] = book.get((who, token), 0) + amount
        if book[who, token] < 0:
            raise Unpayable(f"the books say that {who} cannot pay {-amount} {token}")

    def deposit(self, who, token, amount):
        self.move(self.l1, who, token, -amount)
        self.move(self.l2, who, token, amount)

    def withdraw(self, who, token, amount):
        self.move(self.l2, who, token, -amount)
        self.move(self.l1, who, token, amount)

    def fee(self, who, token, amount):
        self.transfer(who, "operator", token, amount)

    def transfer(self, who, to, token, amount):
        self.move(self.l2, who, token, -amount)
        self.move(self.l2, to, token, amount)

    def add_liquidity(self, who, name, most):
        pool = self.pools[name]
        taken, shares = pool.add(most)
        for token, amount in zip(pool.tokens, taken):
            self.move(self.l2, who, token, -amount)
        self.move(self.l2, who, name, shares)

    def remove_liquidity(self, who, name, shares):
        pool = self.pools[name]
        self.move(self.l2, who, name, -shares)
        for token, amount in zip(pool.tokens, pool.remove(shares)):
            self.move(self.l2, who, token, amount)

    def add_one(self, who, name, token, amount):
        pool = self.pools[name]
        shares = pool.add_one(pool.tokens.index(token), amount)
        self.move(self.l2, who, token, -amount)
        self.move(self.l2, who, name, shares)
        return shares

    def remove_one(self, who, name, token, shares):
        pool = self.pools[name]
        out = pool.remove_one(pool.tokens.index(token), shares)
        self.move(self.l2, who, name, -shares)
        self.move(self.l2, who, token, out)
        return out

    def swap(self, who, name, token, amount):
        pool = self.pools[name]
        i = pool.tokens.index(token)
        out = pool.swap(i, amount)
        self.move(self.l2, who, token, -amount)
        self.move(self.l2, who, pool.tokens[1 - i], out)
        return out

    def owed(self, token):
        """All that L2 has of a token: balances and reserves."""
        return sum(v for (_, t), v in self.l2.items() if t == token) + \
            sum(r for p in self.pools.values() for t, r in zip(p.tokens, p.reserve) if t == token)
